import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Email, parseEmail } from "../../src/login/address.ts";
import { deriveKey, keysFromSecret } from "../../src/login/keys.ts";
import { Sessions } from "../../src/login/sessions.ts";
import { anyString } from "../support/any-string.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

const secret = Buffer.alloc(32, "one secret");
const addressKey = Buffer.alloc(32, "one key");

function setup() {
  const clock = new FakeClock();
  return { clock, sessions: new Sessions({ secret, addressKey, clock }) };
}

function email(address: string): Email {
  const parsed = parseEmail(address);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.email;
}

describe("a session token", () => {
  test("says who it is, and until when", () => {
    const { clock, sessions } = setup();
    const ann = { ...identity("Ann Ünal", "a"), emailHash: sessions.emailHash(email("ann@example.com")) };
    const token = sessions.sign(ann);
    expect(token).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(sessions.verify(token)).toEqual({
      kind: "session",
      identity: ann,
      expiresAtMs: clock.now() + limits.sessionValidMs,
    });
  });

  test("fits the bound on its length with the longest name", () => {
    const { sessions } = setup();
    const longest = identity("n".repeat(limits.nameBytesMax), "a");
    expect(sessions.verify(sessions.sign(longest))).toMatchObject({ kind: "session", identity: longest });
  });

  test("needs no store: another process with the same secret takes it", () => {
    const { clock, sessions } = setup();
    const token = sessions.sign(identity("Ann", "a"));
    expect(new Sessions({ secret, addressKey, clock }).verify(token).kind).toBe("session");
  });

  test("is refused with another secret", () => {
    const { clock, sessions } = setup();
    const other = new Sessions({ secret: Buffer.alloc(32, "another"), addressKey, clock });
    expect(other.verify(sessions.sign(identity("Ann", "a")))).toMatchObject({
      kind: "refused",
      code: "invalid",
    });
  });

  test("expires at the limit, and not a millisecond before", () => {
    const { clock, sessions } = setup();
    const token = sessions.sign(identity("Ann", "a"));
    clock.skip(limits.sessionValidMs - 1);
    expect(sessions.verify(token).kind).toBe("session");
    clock.skip(1);
    expect(sessions.verify(token)).toMatchObject({ kind: "refused", code: "expired" });
  });

  test("is fresh for a day, and then to be replaced", () => {
    const { clock, sessions } = setup();
    const expiresAtMs = clock.now() + limits.sessionValidMs;
    clock.skip(limits.sessionFreshMs - 1);
    expect(sessions.isFresh(expiresAtMs)).toBe(true);
    clock.skip(1);
    expect(sessions.isFresh(expiresAtMs)).toBe(false);
  });

  test("is refused once the rules for names no longer allow its name", () => {
    const { sessions } = setup();
    const ann = identity("Ann", "a");
    const token = sessions.sign({ ...ann, user: { ...ann.user, name: "plumebot" } });
    expect(sessions.verify(token)).toMatchObject({ kind: "refused", code: "name" });
  });

  test("is refused when any one bit of it is another", () => {
    const { sessions } = setup();
    const token = sessions.sign(identity("Ann", "a"));
    for (let at = 0; at < token.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const forged = token.slice(0, at) + flipped + token.slice(at + 1);
        expect(sessions.verify(forged), forged).toMatchObject({ kind: "refused", code: "invalid" });
      }
    }
  });

  test("is refused when anything is added, cut off or swapped with another's", () => {
    const { sessions } = setup();
    const token = sessions.sign(identity("Ann", "a"));
    const [payload = "", mac = ""] = token.split(".");
    const [others = ""] = sessions.sign(identity("Eve", "e")).split(".");
    const forged = [`${token}=`, ` ${token}`, `${token}.`, `.${token}`, payload, `${payload}.`, `.${mac}`];
    for (const attempt of [
      ...forged,
      `${others}.${mac}`,
      token.slice(0, -1),
      `${token}${"A".repeat(100_000)}`,
    ]) {
      expect(sessions.verify(attempt), attempt.slice(0, 400)).toMatchObject({
        kind: "refused",
        code: "invalid",
      });
    }
  });

  test("never throws, whatever the text, and takes none of it", () => {
    const { sessions } = setup();
    const base64url = fc.string({ unit: fc.constantFrom(..."AZaz09-_") });
    const anyText = fc.oneof(
      anyString(),
      fc.tuple(base64url, base64url).map(([payload, mac]) => `${payload}.${mac}`),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(sessions.verify(text).kind).toBe("refused");
      }),
    );
  });
});

describe("an email hash", () => {
  test("is the same for an address however it was typed, and another for another address", () => {
    const { sessions } = setup();
    const hash = sessions.emailHash(email("ann@example.com"));
    expect(sessions.emailHash(email(" Ann@EXAMPLE.com"))).toBe(hash);
    expect(sessions.emailHash(email("eve@example.com"))).not.toBe(hash);
  });

  test("is the same with another secret, and tells nothing without its own key", () => {
    const { clock, sessions } = setup();
    const address = email("ann@example.com");
    const laterSecret = Buffer.alloc(32, "another");
    const later = new Sessions({ secret: laterSecret, addressKey, clock });
    expect(later.emailHash(address)).toBe(sessions.emailHash(address));
    const other = new Sessions({ secret, addressKey: Buffer.alloc(32, "another"), clock });
    expect(other.emailHash(address)).not.toBe(sessions.emailHash(address));
    expect(Buffer.from(sessions.emailHash(address), "base64url")).toHaveLength(16);
  });
});

describe("a key", () => {
  test("is another for each purpose", () => {
    const keys = (["session", "code", "email"] as const).map((purpose) => deriveKey(secret, purpose));
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(3);
  });

  test("of mail addresses is what version 0.4 made of the secret, where there is no other", () => {
    expect(keysFromSecret(secret)).toEqual({ secret, addressKey: deriveKey(secret, "email") });
  });

  test("is not derived from a secret that can be guessed", () => {
    expect(() => deriveKey(Buffer.alloc(31), "code")).toThrow("at least 32");
  });
});

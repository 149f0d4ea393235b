import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Email, parseEmail } from "../../src/login/address.ts";
import { deriveKey, keysFromSecret } from "../../src/login/keys.ts";
import { SessionTokens } from "../../src/login/session-tokens.ts";
import type { TokenClaims } from "../../src/people/people.ts";
import type { SessionId } from "../../src/people/person.ts";
import { anyString } from "../support/any-string.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

const secret = Buffer.alloc(32, "one secret");
const addressKey = Buffer.alloc(32, "one key");

function setup() {
  const clock = new FakeClock();
  return { clock, tokens: new SessionTokens({ secret, addressKey, clock }) };
}

/** A session of its own, issued now. */
function claims(clock: FakeClock): TokenClaims {
  return { session: "c2Vzc2lvbiAx" as SessionId, issuedAtMs: clock.now() };
}

function email(address: string): Email {
  const parsed = parseEmail(address);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.email;
}

describe("a session token", () => {
  test("says who it is, and until when", () => {
    const { clock, tokens } = setup();
    const ann = { ...identity("Ann Ünal", "a"), emailHash: tokens.emailHash(email("ann@example.com")) };
    const token = tokens.sign(ann, claims(clock));
    expect(token).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(tokens.verify(token)).toEqual({
      kind: "token",
      identity: ann,
      session: claims(clock).session,
      issuedAtMs: clock.now(),
    });
  });

  test("fits the bound on its length with the longest name", () => {
    const { clock, tokens } = setup();
    const longest = identity("n".repeat(limits.nameBytesMax), "a");
    expect(tokens.verify(tokens.sign(longest, claims(clock)))).toMatchObject({
      kind: "token",
      identity: longest,
    });
  });

  test("needs no store: another process with the same secret takes it", () => {
    const { clock, tokens } = setup();
    const token = tokens.sign(identity("Ann", "a"), claims(clock));
    expect(new SessionTokens({ secret, addressKey, clock }).verify(token).kind).toBe("token");
  });

  test("is refused with another secret", () => {
    const { clock, tokens } = setup();
    const other = new SessionTokens({ secret: Buffer.alloc(32, "another"), addressKey, clock });
    expect(other.verify(tokens.sign(identity("Ann", "a"), claims(clock)))).toMatchObject({
      kind: "refused",
      code: "invalid",
    });
  });

  test("expires at the limit, and not a millisecond before", () => {
    const { clock, tokens } = setup();
    const token = tokens.sign(identity("Ann", "a"), claims(clock));
    clock.skip(limits.sessionValidMs - 1);
    expect(tokens.verify(token).kind).toBe("token");
    clock.skip(1);
    expect(tokens.verify(token)).toMatchObject({ kind: "refused", code: "expired" });
  });

  test("is fresh for a day, and then to be replaced", () => {
    const { clock, tokens } = setup();
    const issuedAtMs = clock.now();
    clock.skip(limits.sessionFreshMs - 1);
    expect(tokens.isFresh(issuedAtMs)).toBe(true);
    clock.skip(1);
    expect(tokens.isFresh(issuedAtMs)).toBe(false);
  });

  test("is refused once the rules for names no longer allow its name", () => {
    const { clock, tokens } = setup();
    const ann = identity("Ann", "a");
    const token = tokens.sign({ ...ann, name: { ...ann.name, name: "plumebot" } }, claims(clock));
    expect(tokens.verify(token)).toMatchObject({ kind: "refused", code: "name" });
  });

  test("is refused when any one bit of it is another", () => {
    const { clock, tokens } = setup();
    const token = tokens.sign(identity("Ann", "a"), claims(clock));
    for (let at = 0; at < token.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const forged = token.slice(0, at) + flipped + token.slice(at + 1);
        expect(tokens.verify(forged), forged).toMatchObject({ kind: "refused", code: "invalid" });
      }
    }
  });

  test("is refused when anything is added, cut off or swapped with another's", () => {
    const { clock, tokens } = setup();
    const token = tokens.sign(identity("Ann", "a"), claims(clock));
    const [payload = "", mac = ""] = token.split(".");
    const [others = ""] = tokens.sign(identity("Eve", "e"), claims(clock)).split(".");
    const forged = [`${token}=`, ` ${token}`, `${token}.`, `.${token}`, payload, `${payload}.`, `.${mac}`];
    for (const attempt of [
      ...forged,
      `${others}.${mac}`,
      token.slice(0, -1),
      `${token}${"A".repeat(100_000)}`,
    ]) {
      expect(tokens.verify(attempt), attempt.slice(0, 400)).toMatchObject({
        kind: "refused",
        code: "invalid",
      });
    }
  });

  test("never throws, whatever the text, and takes none of it", () => {
    const { tokens } = setup();
    const base64url = fc.string({ unit: fc.constantFrom(..."AZaz09-_") });
    const anyText = fc.oneof(
      anyString(),
      fc.tuple(base64url, base64url).map(([payload, mac]) => `${payload}.${mac}`),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokens.verify(text).kind).toBe("refused");
      }),
    );
  });
});

describe("an email hash", () => {
  test("is the same for an address however it was typed, and another for another address", () => {
    const { tokens } = setup();
    const hash = tokens.emailHash(email("ann@example.com"));
    expect(tokens.emailHash(email(" Ann@EXAMPLE.com"))).toBe(hash);
    expect(tokens.emailHash(email("eve@example.com"))).not.toBe(hash);
  });

  test("is the same with another secret, and tells nothing without its own key", () => {
    const { clock, tokens } = setup();
    const address = email("ann@example.com");
    const laterSecret = Buffer.alloc(32, "another");
    const later = new SessionTokens({ secret: laterSecret, addressKey, clock });
    expect(later.emailHash(address)).toBe(tokens.emailHash(address));
    const other = new SessionTokens({ secret, addressKey: Buffer.alloc(32, "another"), clock });
    expect(other.emailHash(address)).not.toBe(tokens.emailHash(address));
    expect(Buffer.from(tokens.emailHash(address), "base64url")).toHaveLength(16);
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

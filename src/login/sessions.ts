import { createHmac, timingSafeEqual } from "node:crypto";
import { type EmailHash, type Identity, parseName } from "../chat/user.ts";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { Email } from "./address.ts";
import { deriveKey, type ServerKeys } from "./keys.ts";

export type VerifiedSession =
  | { kind: "session"; identity: Identity; expiresAtMs: number }
  /** `problem` is a sentence for people, without the token. */
  | { kind: "refused"; code: SessionProblem; problem: string };

/** "invalid": not signed by this server, or with another secret. "name": the rules for names no longer allow its name. */
export type SessionProblem = "invalid" | "expired" | "name";

/**
 * Session tokens: signed, and kept nowhere. `base64url(payload).base64url(mac)`; the payload is a version
 * (1 byte), the expiry (6 bytes, ms since the Unix epoch), the email hash (16 bytes) and the name (UTF-8).
 * The dot tells a token from a login code.
 */
export class Sessions {
  readonly #sessionKey: Uint8Array;
  readonly #addressKey: Uint8Array;
  readonly #clock: Clock;

  constructor({ secret, addressKey, clock }: ServerKeys & { clock: Clock }) {
    this.#sessionKey = deriveKey(secret, "session");
    this.#addressKey = addressKey;
    this.#clock = clock;
  }

  /** The keyed hash that stands for an address everywhere but in a mail. Without the key it tells nothing of the address. */
  emailHash(email: Email): EmailHash {
    return encodeEmailHash(createHmac("sha256", this.#addressKey).update(email).digest());
  }

  /** A token that logs `identity` in for `limits.sessionValidMs`. */
  sign({ user, emailHash }: Identity): string {
    const head = Buffer.alloc(nameOffset);
    head.writeUInt8(version);
    head.writeUIntBE(this.#clock.now() + limits.sessionValidMs, expiryOffset, 6);
    head.write(emailHash, hashOffset, "base64url");
    const payload = Buffer.concat([head, Buffer.from(user.name)]).toString("base64url");
    return `${payload}.${this.#mac(payload)}`;
  }

  /** Whether a token with this expiry was signed within `limits.sessionFreshMs`, and need not be replaced yet. */
  isFresh(expiresAtMs: number): boolean {
    return expiresAtMs - this.#clock.now() > limits.sessionValidMs - limits.sessionFreshMs;
  }

  /** Whose token this is. Never throws. */
  verify(token: string): VerifiedSession {
    const payload = this.#authentic(token);
    if (payload === undefined) return refused("invalid", "this is no session of this server; log in by mail");
    const expiresAtMs = payload.readUIntBE(expiryOffset, 6);
    if (this.#clock.now() >= expiresAtMs)
      return refused("expired", "the session has expired; log in by mail");
    const name = parseName(payload.toString("utf8", nameOffset));
    if (name.kind === "refused") return refused("name", `${name.problem}; log in with another name`);
    const emailHash = encodeEmailHash(payload.subarray(hashOffset));
    return { kind: "session", identity: { user: name.user, emailHash }, expiresAtMs };
  }

  /** The payload, if this server signed it. The MAC is compared as text, for base64url has several spellings of the same bytes. */
  #authentic(token: string): Buffer | undefined {
    if (token.length > tokenCharactersMax) return undefined;
    const [payload, mac, ...rest] = token.split(".");
    if (payload === undefined || mac === undefined || rest.length > 0) return undefined;
    const given = Buffer.from(mac);
    const expected = Buffer.from(this.#mac(payload));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const bytes = Buffer.from(payload, "base64url");
    return bytes[0] === version ? bytes : undefined;
  }

  #mac(payload: string): string {
    return createHmac("sha256", this.#sessionKey).update(payload).digest("base64url");
  }
}

const version = 1;
/** 128 bits: no two addresses share a hash by chance, and nobody finds one that does. */
const emailHashBytes = 16;
const expiryOffset = 1;
const hashOffset = expiryOffset + 6;
const nameOffset = hashOffset + emailHashBytes;

const macCharacters = 43;
/** Over it: refused before anything is parsed. */
const tokenCharactersMax = Math.ceil(((nameOffset + limits.nameBytesMax) * 4) / 3) + 1 + macCharacters;

function encodeEmailHash(bytes: Buffer): EmailHash {
  return bytes.toString("base64url", 0, emailHashBytes) as EmailHash;
}

function refused(code: SessionProblem, problem: string): VerifiedSession {
  return { kind: "refused", code, problem };
}

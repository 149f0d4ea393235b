import { createHmac, timingSafeEqual } from "node:crypto";
import { limits } from "../limits.ts";
import type { TokenClaims } from "../people/people.ts";
import { SESSION_ID_BYTES, type SessionId } from "../people/person.ts";
import { type EmailHash, type Identity, parseName } from "../people/user.ts";
import type { Clock } from "../system/clock.ts";
import type { Email } from "./address.ts";
import { deriveKey, type ServerKeys } from "./keys.ts";

export type VerifiedToken =
  | ({ kind: "token"; identity: Identity } & TokenClaims)
  /** `problem` is a sentence for people, without the token. */
  | { kind: "refused"; code: SessionProblem; problem: string };

/** "invalid": not signed by this server, or with another secret. "name": the rules for names no longer allow its name. */
export type SessionProblem = "invalid" | "expired" | "name";

/**
 * Session tokens: signed, and kept nowhere. `base64url(payload).base64url(mac)`; the payload is a version (1 byte), the
 * expiry (6 bytes, ms since the Unix epoch), the email hash (16 bytes), the session's id (9 bytes) and the name (UTF-8).
 * The dot tells a token from a login code.
 */
export class SessionTokens {
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

  /** A token that logs `identity` in for `limits.sessionValidMs`, as long as its session has not ended. */
  sign({ name, emailHash }: Identity, { session, issuedAtMs }: TokenClaims): string {
    const head = Buffer.alloc(nameOffset);
    head.writeUInt8(version);
    head.writeUIntBE(issuedAtMs + limits.sessionValidMs, expiryOffset, 6);
    head.write(emailHash, hashOffset, "base64url");
    head.write(session, sessionOffset, "base64url");
    const payload = Buffer.concat([head, Buffer.from(name.name)]).toString("base64url");
    return `${payload}.${this.#mac(payload)}`;
  }

  /** Whether a token that was issued then need not be replaced yet. */
  isFresh(issuedAtMs: number): boolean {
    return this.#clock.now() - issuedAtMs < limits.sessionFreshMs;
  }

  /** Whose token this is. Never throws. */
  verify(token: string): VerifiedToken {
    const payload = this.#authentic(token);
    if (payload === undefined)
      return refused(
        "invalid",
        "this server does not know your login any more, it may have been started anew; log in by mail",
      );
    const expiresAtMs = payload.readUIntBE(expiryOffset, 6);
    if (this.#clock.now() >= expiresAtMs)
      return refused("expired", "the session has expired; log in by mail");
    const name = parseName(payload.toString("utf8", nameOffset));
    if (name.kind === "refused") return refused("name", `${name.problem}; log in with another name`);
    const emailHash = encodeEmailHash(payload.subarray(hashOffset));
    const session = payload.toString("base64url", sessionOffset, nameOffset) as SessionId;
    const issuedAtMs = expiresAtMs - limits.sessionValidMs;
    return { kind: "token", identity: { name: name.name, emailHash }, session, issuedAtMs };
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

/** 1, of Plume 0.4, named no session, so it could not be ended. */
const version = 2;
/** 128 bits: no two addresses share a hash by chance, and nobody finds one that does. */
const emailHashBytes = 16;
const expiryOffset = 1;
const hashOffset = expiryOffset + 6;
const sessionOffset = hashOffset + emailHashBytes;
const nameOffset = sessionOffset + SESSION_ID_BYTES;

const macCharacters = 43;
/** Over it: refused before anything is parsed. */
const tokenCharactersMax = Math.ceil(((nameOffset + limits.nameBytesMax) * 4) / 3) + 1 + macCharacters;

function encodeEmailHash(bytes: Buffer): EmailHash {
  return bytes.toString("base64url", 0, emailHashBytes) as EmailHash;
}

function refused(code: SessionProblem, problem: string): VerifiedToken {
  return { kind: "refused", code, problem };
}

import { createHmac, timingSafeEqual } from "node:crypto";
import { limits } from "../limits.ts";
import type { EmailHash, Identity } from "../people/user.ts";
import type { Clock } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import { deriveKey } from "./keys.ts";

export type Issued =
  /** `code` goes into the mail and nowhere else. */
  | { kind: "issued"; code: string; attempt: LoginAttempt }
  | { kind: "full"; retryAfterMs: number; problem: string };

/** Problems are sentences for people. */
export type Redeemed =
  | { kind: "accepted"; identity: Identity }
  | { kind: "wrong"; triesLeft: number; problem: string }
  | { kind: "void"; code: VoidReason; problem: string };

export type VoidReason = keyof typeof voidProblems;

const voidProblems = {
  expired: `the code has expired, it was valid for ${limits.codeValidMs / 60_000} minutes; ask for a new one`,
  tries: `${limits.codeTries} wrong codes, this one is void; ask for a new one`,
  used: "the code has been used; ask for a new one",
  replaced: "a newer code was sent to this address; type that one where it was asked for",
  discarded: "this login was given up; ask for a new code",
} as const;

/**
 * The login codes that can be redeemed. A code belongs to the attempt that asked for it and fits no other. There is one per
 * address, the newest, and `limits.codesMax` in all. No timer: issuing a code drops those that have expired.
 */
export class LoginCodes {
  /** In the order in which they expire, for all are valid for equally long. */
  readonly #live = new Map<EmailHash, LoginAttempt>();
  /** The same attempts by id. */
  readonly #byId = new Map<string, LoginAttempt>();
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ secret, clock, random }: { secret: Uint8Array; clock: Clock; random: Random }) {
    this.#key = deriveKey(secret, "code");
    this.#clock = clock;
    this.#random = random;
  }

  /** Codes that can still be redeemed, and some that have expired since the last one was issued. */
  get size(): number {
    return this.#live.size;
  }

  /** A new code for `identity`. Voids the one that was sent to the same address before. */
  issue(identity: Identity): Issued {
    this.#sweep();
    this.#live.get(identity.emailHash)?.end("replaced");
    const [oldest] = this.#live.values();
    if (oldest !== undefined && this.#live.size >= limits.codesMax) {
      const problem = "too many people are logging in";
      return { kind: "full", retryAfterMs: oldest.expiresAtMs - this.#clock.elapsed(), problem };
    }
    const code = drawCode(this.#random);
    const id = Buffer.from(this.#random(attemptIdBytes)).toString("base64url");
    const forget = () => {
      this.#live.delete(identity.emailHash);
      this.#byId.delete(id);
    };
    const attempt = new LoginAttempt(id, identity, code, this.#key, this.#clock, forget);
    this.#live.set(identity.emailHash, attempt);
    this.#byId.set(id, attempt);
    return { kind: "issued", code, attempt };
  }

  /** The attempt with this id, which only the peer that asked for it knows. */
  find(id: string): LoginAttempt | undefined {
    return this.#byId.get(id);
  }

  #sweep(): void {
    for (const attempt of this.#live.values()) {
      if (!attempt.hasExpired) return;
      attempt.end("expired");
    }
  }
}

/** One login by one code. Redeemed by the connection that asked for the code, or by another that knows the attempt's id. */
export class LoginAttempt {
  /** Unguessable, because any connection that sends it may try the code. */
  readonly id: string;
  /** Monotonic time in ms. */
  readonly expiresAtMs: number;
  readonly #identity: Identity;
  readonly #key: Uint8Array;
  readonly #hash: Buffer;
  readonly #clock: Clock;
  readonly #forget: () => void;
  #triesLeft: number = limits.codeTries;
  #ended: VoidReason | "no" = "no";

  constructor(
    id: string,
    identity: Identity,
    code: string,
    key: Uint8Array,
    clock: Clock,
    forget: () => void,
  ) {
    this.id = id;
    this.#identity = identity;
    this.#key = key;
    this.#clock = clock;
    this.#forget = forget;
    this.#hash = this.#hashOf(code);
    this.expiresAtMs = clock.elapsed() + limits.codeValidMs;
  }

  get hasExpired(): boolean {
    return this.#clock.elapsed() >= this.expiresAtMs;
  }

  /** Whether `typed` is the code. Accepts it once, however often it arrives at the same time. */
  redeem(typed: string): Redeemed {
    if (this.hasExpired) this.end("expired");
    if (this.#ended !== "no") return { kind: "void", code: this.#ended, problem: voidProblems[this.#ended] };
    if (timingSafeEqual(this.#hashOf(readCode(typed)), this.#hash)) {
      this.end("used");
      return { kind: "accepted", identity: this.#identity };
    }
    this.#triesLeft -= 1;
    if (this.#triesLeft === 0) return this.#giveUp();
    const left = this.#triesLeft === 1 ? "1 try" : `${this.#triesLeft} tries`;
    const problem = `this is not the code from the mail; ${left} left`;
    return { kind: "wrong", triesLeft: this.#triesLeft, problem };
  }

  /** Nobody waits for the code any more. */
  discard(): void {
    this.end("discarded");
  }

  /** Voids the code for good; the first reason stays. */
  end(reason: VoidReason): void {
    if (this.#ended !== "no") return;
    this.#ended = reason;
    this.#forget();
  }

  #giveUp(): Redeemed {
    this.end("tries");
    return { kind: "void", code: "tries", problem: voidProblems.tries };
  }

  /** Bound to the address, so that equal codes of two addresses have different hashes. */
  #hashOf(code: string): Buffer {
    return createHmac("sha256", this.#key).update(`${this.#identity.emailHash} ${code}`).digest();
  }
}

/** Crockford's 32 symbols: digits and letters without I, L, O (look like 1, 1, 0) and U. 6 of them are 30 bits. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 32 divides 256, so that a byte's low 5 bits favour no symbol. */
function drawCode(random: Random): string {
  const bytes = Array.from(random(limits.codeCharacters));
  return bytes.map((byte) => alphabet.charAt(byte % alphabet.length)).join("");
}

/** The code that was meant: takes either case, spaces and hyphens, and the look-alikes of 0 and 1. */
function readCode(typed: string): string {
  const symbols = typed.slice(0, typedCharactersMax).toUpperCase().replace(/[\s-]/g, "");
  return symbols.replaceAll("O", "0").replace(/[IL]/g, "1");
}

/** Room for a separator around every symbol. Longer text can't be a code; the cut bounds the work. */
const typedCharactersMax = 4 * limits.codeCharacters;

/** 128 bits, so that nobody guesses another's attempt. */
const attemptIdBytes = 16;

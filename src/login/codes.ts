import { createHmac, timingSafeEqual } from "node:crypto";
import { limits } from "../limits.ts";
import type { Identity } from "../people/user.ts";
import type { Clock } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import { BucketPerKey, perHour } from "./bucket-per-key.ts";
import { deriveKey } from "./keys.ts";

export type Issued =
  /** `code` goes into the mail and nowhere else. */
  | { kind: "issued"; code: string; attempt: LoginAttempt }
  | { kind: "full"; retryAfterMs: number; problem: string };

/** Problems are sentences for people. */
export type Redeemed =
  | { kind: "accepted"; identity: Identity }
  | { kind: "wrong"; triesLeft: number; problem: string }
  /** Too many wrong codes for this address from this network address; the code was not looked at. */
  | { kind: "wait"; problem: string }
  | { kind: "void"; code: VoidReason; problem: string };

export type VoidReason = keyof typeof voidProblems;

const voidProblems = {
  expired: `the code has expired, it was valid for ${limits.codeValidMs / 60_000} minutes; ask for a new one`,
  tries: `${limits.codeTries} wrong codes, this one is void; ask for a new one`,
  used: "the code has been used; ask for a new one",
  replaced: `${limits.codesPerAddress} newer codes were sent to this address; type one of those where it was asked for`,
  discarded: "this login was given up; ask for a new code",
} as const;

/**
 * The login codes that can be redeemed. A code belongs to the attempt that asked for it, and also fits those that the same
 * network address began for the same person: who asks again can still type the first. There are `limits.codesMax` in all, and
 * `limits.codesPerAddress` for an address from one network address; others' do not push them out.
 *
 * A try fits one of 2^30, or of the codes of one account at once: `codesPerAddress`. So who tries all that
 * `codeTriesPerPeerPerHour` allows finds a code in a day with a chance below one in a million; from as many network addresses as
 * can have mails sent to one mailbox, below one in 100,000. No timer: issuing a code drops those that have expired.
 */
export class LoginCodes {
  /** In the order in which they expire, for all are valid for equally long. */
  readonly #byId = new Map<string, LoginAttempt>();
  /** The same attempts by address and network address, the oldest first. */
  readonly #accounts = new Map<string, Set<LoginAttempt>>();
  /** Wrong codes by address and network address. */
  readonly #tries: BucketPerKey<string>;
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ secret, clock, random }: { secret: Uint8Array; clock: Clock; random: Random }) {
    this.#key = deriveKey(secret, "code");
    this.#clock = clock;
    this.#random = random;
    const { codeTriesPerPeerPerHour, codeTriesPerPeerAtOnce } = limits;
    this.#tries = new BucketPerKey(perHour(codeTriesPerPeerPerHour, codeTriesPerPeerAtOnce), clock);
  }

  /** Codes that can still be redeemed, and some that have expired since the last one was issued. */
  get size(): number {
    return this.#byId.size;
  }

  /**
   * A new code for `identity`.
   *
   * @param peerKey the network address that asks, as limits count it.
   */
  issue(identity: Identity, peerKey: string): Issued {
    this.#sweep();
    const account = `${identity.emailHash} ${peerKey}`;
    const attempts = [...(this.#accounts.get(account) ?? [])];
    if (attempts.length >= limits.codesPerAddress) attempts[0]?.end("replaced");
    const [oldest] = this.#byId.values();
    if (oldest !== undefined && this.#byId.size >= limits.codesMax) {
      const problem = "too many people are logging in";
      return { kind: "full", retryAfterMs: oldest.expiresAtMs - this.#clock.elapsed(), problem };
    }
    const code = drawCode(this.#random);
    const id = Buffer.from(this.#random(attemptIdBytes)).toString("base64url");
    const attempt = this.#attempt(id, identity, code, account);
    return { kind: "issued", code, attempt };
  }

  /** The attempt with this id, which only the peer that asked for it knows. */
  find(id: string): LoginAttempt | undefined {
    return this.#byId.get(id);
  }

  #attempt(id: string, identity: Identity, code: string, account: string): LoginAttempt {
    const attempts = this.#accounts.get(account) ?? new Set();
    const attempt = new LoginAttempt(id, identity, code, {
      key: this.#key,
      clock: this.#clock,
      attempts,
      waitMs: () => this.#tries.waitMs(account),
      spendTry: () => this.#tries.spend(account),
      forget: () => {
        this.#byId.delete(id);
        attempts.delete(attempt);
        if (attempts.size === 0 && this.#accounts.get(account) === attempts) this.#accounts.delete(account);
      },
    });
    this.#accounts.set(account, attempts.add(attempt));
    this.#byId.set(id, attempt);
    return attempt;
  }

  #sweep(): void {
    for (const attempt of this.#byId.values()) {
      if (!attempt.hasExpired) return;
      attempt.end("expired");
    }
  }
}

/** What an attempt shares with those for the same address that the same network address began. */
interface Account {
  readonly key: Uint8Array;
  readonly clock: Clock;
  /** Those that have not ended. */
  readonly attempts: ReadonlySet<LoginAttempt>;
  /** How long until a wrong code may be typed again, in ms. */
  readonly waitMs: () => number;
  readonly spendTry: () => void;
  /** Called once, when this attempt ends. */
  readonly forget: () => void;
}

/** One login by one code. Redeemed by the connection that asked for the code, or by another that knows the attempt's id. */
export class LoginAttempt {
  /** Unguessable, because any connection that sends it may try the code. */
  readonly id: string;
  /** Monotonic time in ms. */
  readonly expiresAtMs: number;
  readonly identity: Identity;
  readonly #account: Account;
  readonly #hash: Buffer;
  #triesLeft: number = limits.codeTries;
  #ended: VoidReason | "no" = "no";

  constructor(id: string, identity: Identity, code: string, account: Account) {
    this.id = id;
    this.identity = identity;
    this.#account = account;
    this.#hash = this.#hashOf(code);
    this.expiresAtMs = account.clock.elapsed() + limits.codeValidMs;
  }

  get hasExpired(): boolean {
    return this.#account.clock.elapsed() >= this.expiresAtMs;
  }

  /**
   * Whether `typed` is the code, or another that the same network address asked for with the same name and address. Accepts
   * each once, however often it arrives at the same time.
   */
  redeem(typed: string): Redeemed {
    if (this.hasExpired) this.end("expired");
    if (this.#ended !== "no") return { kind: "void", code: this.#ended, problem: voidProblems[this.#ended] };
    const waitMs = this.#account.waitMs();
    if (waitMs > 0) return { kind: "wait", problem: `${tooManyTries}, ${tryAgainIn(waitMs)}` };
    const meant = this.#meantBy(typed);
    if (meant !== undefined) {
      meant.end("used");
      this.end("used");
      return { kind: "accepted", identity: this.identity };
    }
    this.#account.spendTry();
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
    this.#account.forget();
  }

  get isOver(): boolean {
    return this.#ended !== "no";
  }

  /** The attempt that the code was mailed for: this one, or another for the same name. */
  #meantBy(typed: string): LoginAttempt | undefined {
    const hash = this.#hashOf(readCode(typed));
    const { key } = this.identity.name;
    const others = [...this.#account.attempts].filter((other) => other.identity.name.key === key);
    return [this, ...others].find((attempt) => timingSafeEqual(hash, attempt.#hash) && !attempt.hasExpired);
  }

  #giveUp(): Redeemed {
    this.end("tries");
    return { kind: "void", code: "tries", problem: voidProblems.tries };
  }

  /** Bound to the address, so that equal codes of two addresses have different hashes. */
  #hashOf(code: string): Buffer {
    return createHmac("sha256", this.#account.key).update(`${this.identity.emailHash} ${code}`).digest();
  }
}

const tooManyTries = "too many wrong codes were typed for this address from your network address";

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

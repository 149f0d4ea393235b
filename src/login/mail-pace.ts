import { limits } from "../limits.ts";
import type { EmailHash } from "../people/user.ts";
import type { Clock } from "../system/clock.ts";
import { type Rate, TokenBucket } from "../system/token-bucket.ts";

/** The rates that an operator sets. */
export interface MailRates {
  /** Mails in all. */
  readonly mailsPerMinute: number;
  readonly mailsPerAddressPerHour: number;
}

export type MailTaken =
  | { kind: "ok" }
  /** `problem` is a sentence part for people. */
  | { kind: "wait"; retryAfterMs: number; whose: Whose; problem: string };

/** Which rate is exceeded: the mail address's, the network address's, or that of all together. */
export type Whose = keyof typeof problems;

const problems = {
  address: "too many codes were sent to this mail address",
  peer: "too many codes were asked for from your network address",
  all: "too many people are logging in",
} as const;

/**
 * Limits how many mails go out. A network address has far less than all together, so that one that asks too often locks out
 * itself and nobody else. A mail address has few, so that nobody's mailbox is flooded.
 */
export class MailPace {
  readonly #all: TokenBucket;
  readonly #addresses: BucketPerKey<EmailHash>;
  readonly #peers: BucketPerKey<string>;

  constructor({ mailsPerMinute, mailsPerAddressPerHour }: MailRates, clock: Clock) {
    this.#all = new TokenBucket({ perSecond: mailsPerMinute / 60, burst: mailsPerMinute }, clock);
    this.#addresses = new BucketPerKey(perHour(mailsPerAddressPerHour, limits.mailsPerAddressAtOnce), clock);
    this.#peers = new BucketPerKey(perHour(limits.mailsPerPeerPerHour, limits.mailsPerPeerAtOnce), clock);
  }

  /** One mail to `address`, asked for by `peer`. Counts against all three rates, or against none. */
  take(address: EmailHash, peer: string): MailTaken {
    const waits: [Whose, number][] = [
      ["address", this.#addresses.waitMs(address)],
      ["peer", this.#peers.waitMs(peer)],
      ["all", this.#all.waitMs()],
    ];
    const [whose, retryAfterMs] = waits.reduce((longest, wait) => (wait[1] > longest[1] ? wait : longest));
    if (retryAfterMs > 0) return { kind: "wait", retryAfterMs, whose, problem: problems[whose] };
    this.#addresses.spend(address);
    this.#peers.spend(peer);
    this.#all.spend();
    return { kind: "ok" };
  }
}

function perHour(mails: number, atOnce: number): Rate {
  return { perSecond: mails / 3600, burst: Math.min(mails, atOnce) };
}

/** A token bucket for each key, of at most `limits.paceKeysMax` keys. A key without one has a full bucket. */
class BucketPerKey<K extends string> {
  /** In the order of their last use, the longest ago first. */
  readonly #buckets = new Map<K, TokenBucket>();
  readonly #rate: Rate;
  readonly #clock: Clock;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  waitMs(key: K): number {
    return this.#buckets.get(key)?.waitMs() ?? 0;
  }

  spend(key: K): void {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, this.#clock);
    bucket.spend();
    this.#buckets.delete(key);
    this.#makeRoom();
    this.#buckets.set(key, bucket);
  }

  /** Forgets a bucket that is full again, or else the least recently used one. */
  #makeRoom(): void {
    if (this.#buckets.size < limits.paceKeysMax) return;
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull) return void this.#buckets.delete(key);
    }
    const [longestAgo] = this.#buckets.keys();
    if (longestAgo !== undefined) this.#buckets.delete(longestAgo);
  }
}

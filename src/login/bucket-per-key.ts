import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import { type Rate, TokenBucket } from "../system/token-bucket.ts";

/** A token bucket for each key, of at most `limits.paceKeysMax` keys. A key without one has a full bucket. */
export class BucketPerKey<K extends string> {
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

/** @param atOnce after a quiet time; no more than an hour has. */
export function perHour(times: number, atOnce: number): Rate {
  return { perSecond: times / 3600, burst: Math.min(times, atOnce) };
}

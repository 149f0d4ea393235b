import type { Clock } from "./clock.ts";

/** How often something may happen: averaged, and at once after a quiet time. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export type Taken = { kind: "ok" } | { kind: "wait"; retryAfterMs: number };

/**
 * A token bucket: holds `burst` tokens and gets `perSecond` new ones a second. Kept as one number, the time
 * at which it will be full again, so that it needs no timer and no refill. Who has several over one clock keeps these numbers.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: Rate;
  /** Monotonic time in ms. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate, clock: Clock) {
    this.#clock = clock;
    this.#rate = rate;
  }

  get isFull(): boolean {
    return this.#fullAtMs <= this.#clock.elapsed();
  }

  /** Takes `tokens` if they are there, and nothing otherwise. */
  take(tokens = 1): Taken {
    const retryAfterMs = this.waitMs(tokens);
    if (retryAfterMs > 0) return { kind: "wait", retryAfterMs };
    this.spend(tokens);
    return { kind: "ok" };
  }

  /** How long until `tokens` are there, in whole ms; 0 if they are. More than `burst` never are. */
  waitMs(tokens = 1): number {
    return bucketWaitMs(this.#rate, this.#fullAtMs, this.#clock.elapsed(), tokens);
  }

  /** Takes `tokens` even if they are not there. */
  spend(tokens = 1): void {
    this.#fullAtMs = bucketFullAt(this.#rate, this.#fullAtMs, this.#clock.elapsed(), tokens);
  }
}

/** How long until `tokens` are there in a bucket that will be full at a time, in whole ms; 0 if they are. More than `burst` never are. */
export function bucketWaitMs(
  { perSecond, burst }: Rate,
  fullAtMs: number,
  nowMs: number,
  tokens: number,
): number {
  if (tokens > burst) return Number.POSITIVE_INFINITY;
  const missingMs = Math.max(0, fullAtMs - nowMs) + ((tokens - burst) * 1000) / perSecond;
  return Math.max(0, Math.ceil(missingMs - roundingMs));
}

/** When a bucket will be full, in ms, once `tokens` more are taken, though they may not be there. */
export function bucketFullAt({ perSecond }: Rate, fullAtMs: number, nowMs: number, tokens: number): number {
  return Math.max(fullAtMs, nowMs) + (tokens * 1000) / perSecond;
}

/** A sum of fractions may be off by this: whoever has waited as told is not told to wait again. */
const roundingMs = 1e-6;

/** "try again in 2 s", for people; at least one second. */
export function tryAgainIn(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `try again in ${seconds} s` : `try again in ${Math.ceil(seconds / 60)} min`;
}

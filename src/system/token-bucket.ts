import type { Clock } from "./clock.ts";

/** How often something may happen: averaged, and at once after a quiet time. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export type Taken = { kind: "ok" } | { kind: "wait"; retryAfterMs: number };

/**
 * A token bucket: holds `burst` tokens and gets `perSecond` new ones a second. Kept as one number, the time
 * at which it will be full again, so that it needs no timer and no refill.
 */
export class TokenBucket {
  readonly #clock: Clock;
  /** How long one token takes to come, in ms. */
  readonly #tokenMs: number;
  readonly #burst: number;
  /** Monotonic time in ms. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: Rate, clock: Clock) {
    this.#clock = clock;
    this.#tokenMs = 1000 / perSecond;
    this.#burst = burst;
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
    if (tokens > this.#burst) return Number.POSITIVE_INFINITY;
    const missingMs = this.#owedMs() + (tokens - this.#burst) * this.#tokenMs;
    return Math.max(0, Math.ceil(missingMs - roundingMs));
  }

  /** Takes `tokens` even if they are not there. */
  spend(tokens = 1): void {
    this.#fullAtMs = this.#clock.elapsed() + this.#owedMs() + tokens * this.#tokenMs;
  }

  #owedMs(): number {
    return Math.max(0, this.#fullAtMs - this.#clock.elapsed());
  }
}

/** A sum of fractions may be off by this: whoever has waited as told is not told to wait again. */
const roundingMs = 1e-6;

/** "try again in 2 s", for people; at least one second. */
export function tryAgainIn(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `try again in ${seconds} s` : `try again in ${Math.ceil(seconds / 60)} min`;
}

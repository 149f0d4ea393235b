import type { Clock } from "../system/clock.ts";

/**
 * Time as the servers of a state directory have seen it pass, one after the other: what expires by it has been unused while
 * somebody could have used it. The wall clock may start in 1970, or jump a year ahead and back; this one does not notice.
 */
export class SeenTime {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #beforeMs: number;

  /** @param beforeMs what the servers before have seen, in ms. */
  constructor(clock: Clock, beforeMs: number) {
    this.#clock = clock;
    this.#startedAtMs = clock.elapsed();
    this.#beforeMs = beforeMs;
  }

  /** In ms. */
  now(): number {
    return this.#beforeMs + Math.floor(this.#clock.elapsed() - this.#startedAtMs);
  }
}

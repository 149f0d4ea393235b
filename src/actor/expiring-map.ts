import type { Clock, Timer } from "../system/clock.ts";

/**
 * Values that are good for the same time each, from when they were set. They are in the order in which they were set, which
 * is that in which they expire, so that one timer does for all of them. Its owner bounds how many there are.
 */
export class ExpiringMap<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly untilMs: number }>();
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #due: () => void;
  #timer: Timer | undefined;

  /** @param due called when it is time for `takeExpired`; what is not taken stays. */
  constructor(ms: number, clock: Clock, due: () => void) {
    this.#ms = ms;
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The one that expires first comes first. */
  *values(): Generator<V, undefined> {
    for (const { value } of this.#entries.values()) yield value;
  }

  /** Sets a value, or starts its time anew. True when there was none. */
  set(key: K, value: V): boolean {
    const isNew = !this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#clock.elapsed() + this.#ms });
    this.#startTimer();
    return isNew;
  }

  /** True when it was there. */
  delete(key: K): boolean {
    const wasThere = this.#entries.delete(key);
    if (this.#entries.size === 0) this.#stopTimer();
    return wasThere;
  }

  /** Takes out what has expired, at most `max` of it; `due` is called again for the rest. */
  takeExpired(max = Number.POSITIVE_INFINITY): V[] {
    const expired: V[] = [];
    for (const [key, { value, untilMs }] of this.#entries) {
      if (untilMs > this.#clock.elapsed() || expired.length >= max) break;
      this.#entries.delete(key);
      expired.push(value);
    }
    this.#startTimer();
    return expired;
  }

  clear(): void {
    this.#entries.clear();
    this.#stopTimer();
  }

  /** Set for the first one. When that one goes, it comes too early once, and `takeExpired` sets it anew. */
  #startTimer(): void {
    const [first] = this.#entries.values();
    if (first === undefined) return;
    this.#timer ??= this.#clock.after(Math.max(0, first.untilMs - this.#clock.elapsed()), () => {
      this.#timer = undefined;
      this.#due();
    });
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

import type { Clock, Timer } from "../../src/system/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A Clock that stands still until it is told to go on. `now` and `elapsed` start far apart, so that no code mixes them up. */
export class FakeClock implements Clock {
  #elapsedMs = 1_000;
  #wallAheadMs = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Pending>();
  #turns: (() => void)[] = [];

  now(): number {
    return this.#wallAheadMs + this.#elapsedMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = { atMs: this.#elapsedMs + ms, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  turn(callback: () => void): void {
    this.#turns.push(callback);
  }

  /** Timers that have been started and have neither run nor been cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves the time by `ms`, and runs on the way what is due, each at its time and with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await this.settle();
    for (let next = this.#firstUntil(untilMs); next !== undefined; next = this.#firstUntil(untilMs)) {
      this.#timers.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
      await this.settle();
    }
    this.#elapsedMs = untilMs;
  }

  /** Moves the time by `ms` without running anything: what has become due runs with the next `advance`. */
  skip(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** Moves the wall clock alone, as an administrator or NTP would. */
  setWall(nowMs: number): void {
    this.#wallAheadMs = nowMs - this.#elapsedMs;
  }

  /** Runs the turns asked for and what promises lead to, until nothing is left to do at this time. */
  async settle(): Promise<void> {
    do {
      const due = this.#turns;
      this.#turns = [];
      for (const callback of due) callback();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#turns.length > 0);
  }

  #firstUntil(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

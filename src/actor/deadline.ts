import { Channel } from "../channel/channel.ts";
import type { Clock, Timer } from "../system/clock.ts";

/** A time limit as a channel, so that a `select` can wait for it: `passed` gets one value when the time is up. */
export class Deadline {
  readonly passed = new Channel<"passed">({ capacity: 1 });
  readonly #clock: Clock;
  #timer: Timer;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#timer = this.#start(ms);
  }

  /** Starts again: the time is up in `ms` milliseconds from now, not when it was going to be. */
  extend(ms: number): void {
    this.#timer.cancel();
    this.#timer = this.#start(ms);
  }

  /** Stops the timer. What waits for `passed` is told that it is closed. */
  cancel(): void {
    this.#timer.cancel();
    this.passed.close();
  }

  #start(ms: number): Timer {
    return this.#clock.after(ms, () => void this.passed.trySend("passed"));
  }
}

import { setImmediate } from "node:timers";

/** A timer that has been started. Cancelling one that ran or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time, as everything but `main` sees it: the simulation passes a virtual one. */
export interface Clock {
  /** Wall time in ms since the Unix epoch. It may jump; use it for what people and tokens see. */
  now(): number;
  /** Monotonic time in ms from an arbitrary start. Use it for limits, deadlines and durations. */
  elapsed(): number;
  /** Runs `callback` once, `ms` milliseconds from now. Does not keep the process alive. */
  after(ms: number, callback: () => void): Timer;
  /** Runs `callback` in the event loop's next turn, after the sockets that are ready were read. */
  turn(callback: () => void): void;
}

/** Waits `ms` milliseconds of the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Gives the event loop one turn. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.turn(resolve));
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timeout = setTimeout(callback, ms).unref();
    return { cancel: () => clearTimeout(timeout) };
  },
  turn: (callback) => void setImmediate(callback),
};

import { setImmediate } from "node:timers";
import { limits } from "../limits.ts";

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
  /** Runs `callback` once, `ms` milliseconds from now; later where the process slept meanwhile. Does not keep the process alive. */
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

/**
 * A clock whose timers know that the process may have slept: a laptop's sleep, SIGSTOP, a machine that stood still. When it
 * wakes, what is late runs before anything that has come in meanwhile is read. So a timer that was running when it fell asleep runs
 * `limits.wakeGraceMs` after it woke at the earliest, or its own time, where that is shorter; and is put off so only once.
 */
export function graceAfterSleep(clock: Clock): Clock {
  let wokeAtMs = Number.NEGATIVE_INFINITY;
  const after = (ms: number, callback: () => void): Timer => {
    const startedAtMs = clock.elapsed();
    const graceMs = Math.min(ms, limits.wakeGraceMs);
    const due = () => {
      const nowMs = clock.elapsed();
      if (nowMs - startedAtMs - ms >= limits.sleepMs) wokeAtMs = nowMs;
      const waitMs = wokeAtMs + graceMs - nowMs;
      if (wokeAtMs <= startedAtMs || waitMs <= 0) callback();
      else timer = clock.after(waitMs, callback);
    };
    let timer = clock.after(ms, due);
    return { cancel: () => timer.cancel() };
  };
  return { now: () => clock.now(), elapsed: () => clock.elapsed(), after, turn: (run) => clock.turn(run) };
}

export const systemClock: Clock = graceAfterSleep({
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timeout = setTimeout(callback, ms).unref();
    return { cancel: () => clearTimeout(timeout) };
  },
  turn: (callback) => void setImmediate(callback),
});

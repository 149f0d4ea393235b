/** An even pace that does not wait for anybody: what is late is sent at once, and its lateness counts as latency. */
export interface Pace {
  /** How many. */
  count: number;
  /** How long between two. */
  intervalMs: number;
}

/** What was sent, and when the first was due, ms of this process's clock. */
export interface Paced {
  startMs: number;
  sent: number;
}

/**
 * Calls `send` for 0, 1, 2 … with the time at which each is due, ms of this process's clock, all of them or until `stop`.
 * Timers of Node count whole milliseconds, so even with nothing to do it sends up to 2 ms late.
 */
export function keepPace(
  { count, intervalMs }: Pace,
  stop: AbortSignal,
  send: (index: number, dueMs: number) => void,
): Promise<Paced> {
  const startMs = performance.now();
  let index = 0;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve({ startMs, sent: index });
    };
    const sendDue = () => {
      const nowMs = performance.now();
      for (; index < count && startMs + index * intervalMs <= nowMs; index += 1) {
        send(index, startMs + index * intervalMs);
      }
      if (index === count || stop.aborted) end();
      else timer = setTimeout(sendDue, startMs + index * intervalMs - nowMs);
    };
    stop.addEventListener("abort", end);
    sendDue();
  });
}

/** Why a wait was over: the value was the goal, has not changed any more, or the time was up while it still did. */
export type Settling = "goal" | "still" | "late";

/** Asks every 20 ms until `value` has been the same for `stillMs`, or is `goal`, or `maxMs` have passed. */
export async function settled(
  value: () => number,
  { goal, stillMs, maxMs }: { goal?: number; stillMs: number; maxMs: number },
): Promise<Settling> {
  const startMs = performance.now();
  let before = value();
  let sinceMs = startMs;
  for (let nowMs = startMs; nowMs < startMs + maxMs; nowMs = performance.now()) {
    const now = value();
    if (now === goal) return "goal";
    if (now === before && nowMs > sinceMs + stillMs) return "still";
    if (now !== before) sinceMs = nowMs;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "late";
}

import type { Pace } from "../load/pace.ts";

/**
 * The pace of `keepPace`, which does not wait for anybody, but one that can be ended. Calls `send` for 0, 1, 2 … with the time
 * at which each is due, ms of this process's clock. Returns how many were sent.
 */
export function keepPaceUntil(
  { count, intervalMs }: Pace,
  signal: AbortSignal,
  send: (index: number, dueMs: number) => void,
): Promise<number> {
  const startMs = performance.now();
  let index = 0;
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve(index);
    };
    const sendDue = () => {
      const nowMs = performance.now();
      for (; index < count && startMs + index * intervalMs <= nowMs; index += 1) {
        send(index, startMs + index * intervalMs);
      }
      if (index === count || signal.aborted) end();
      else timer = setTimeout(sendDue, startMs + index * intervalMs - nowMs);
    };
    let timer = setTimeout(sendDue, 0);
    signal.addEventListener("abort", end);
  });
}

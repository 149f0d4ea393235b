/** An open-loop pace: it waits for nobody, and what is sent late counts as latency. */
export interface Pace {
  count: number;
  intervalMs: number;
}

/** What was sent, and when the first was due, in ms of this process's clock. */
export interface Paced {
  startMs: number;
  sent: number;
}

/**
 * Calls `send` for 0, 1, 2 … with the time at which each is due, in ms of this process's clock, until all are sent or
 * `stop` aborts. Node's timers count whole milliseconds, so an idle process sends up to 2 ms late.
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

/** Why a wait ended: the value was the goal, had stopped changing, or still changed when the time was up. */
export type Settling = "goal" | "still" | "late";

/** Polls `value` every 20 ms until it is `goal`, has been the same for `stillMs`, or `maxMs` have passed. */
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

/** Lets `count` clients enter, `atOnce` of them at a time. Returns what `enter` returned for each, in order. */
export async function enterInTurn<T>(
  count: number,
  atOnce: number,
  enter: (client: number) => Promise<T>,
): Promise<T[]> {
  const entered: T[] = [];
  const waiting = Array.from({ length: count }, (_, client) => client).values();
  const enterNext = async () => {
    for (const client of waiting) entered[client] = await enter(client);
  };
  await Promise.all(Array.from({ length: atOnce }, enterNext));
  return entered;
}

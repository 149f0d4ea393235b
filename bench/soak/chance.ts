import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** One of them. */
export function oneOf<T>(items: readonly [T, ...T[]]): T {
  return items[randomInt(items.length)] ?? items[0];
}

/** A whole number from `min` up to but not `max`. */
export function between(min: number, max: number): number {
  return randomInt(min, max);
}

/** Waits that long, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

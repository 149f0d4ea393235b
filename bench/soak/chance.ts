import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** One of them. */
export function oneOf<T>(items: readonly [T, ...T[]]): T {
  return items[randomInt(items.length)] ?? items[0];
}

/** @param share how often, from 0 to 1. */
export function happens(share: number): boolean {
  return randomInt(PARTS) < share * PARTS;
}

/** A whole number from `min` up to but not `max`. */
export function between(min: number, max: number): number {
  return randomInt(min, max);
}

/** Waits that long, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** How finely shares are told apart. */
const PARTS = 1000;

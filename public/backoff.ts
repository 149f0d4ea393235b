import { bounds } from "./bounds.ts";

/**
 * How long to wait before the next try, at random, so that the pages of a server that was away come back spread. `lostMs`: the time
 * since the connection was lost, 0 before the first try. `random` is from 0 up to 1.
 */
export function backoffMs(lostMs: number, retry: "now" | "later", random: number): number {
  const longestMs = longestWaitMs(lostMs);
  if (retry === "later") {
    const spreadMs = Math.max(longestMs, bounds.backoffLaterMs);
    return Math.min(bounds.backoffMaxMs, bounds.backoffLaterMs + random * spreadMs);
  }
  // Never at once but for the first time: a server that is not there answers at once, and would be asked without a pause.
  const shortestMs = lostMs === 0 ? 0 : longestMs / 5;
  return shortestMs + random * (longestMs - shortestMs);
}

function longestWaitMs(lostMs: number): number {
  if (lostMs === 0) return bounds.backoffFirstMs;
  return Math.min(bounds.backoffMaxMs, Math.max(bounds.backoffMs, lostMs * bounds.backoffPart));
}

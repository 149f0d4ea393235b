import { bounds } from "./bounds.ts";

/** How long to wait before the next try: exponential with full jitter. `random` is from 0 up to 1. */
export function backoffMs(attempt: number, retry: "now" | "later", random: number): number {
  const ceiling = Math.min(bounds.backoffMaxMs, bounds.backoffFirstMs * 2 ** attempt);
  if (retry === "now") return random * ceiling;
  const spread = Math.max(ceiling, bounds.backoffLaterMs);
  return Math.min(bounds.backoffMaxMs, bounds.backoffLaterMs + random * spread);
}

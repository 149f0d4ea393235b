import { bounds } from "./bounds.ts";

/** A token bucket: how many lines may go out now. */
export interface Pace {
  readonly tokens: number;
  /** When `tokens` was right, in ms that nobody can set. In the future: nothing goes out before. */
  readonly at: number;
}

export function fullPace(now: number): Pace {
  return { tokens: bounds.lineBurst, at: now };
}

/** Takes one turn. `waitMs` is 0 when the line may go now, else how long until one may. */
export function takeTurn(pace: Pace, now: number): { pace: Pace; waitMs: number } {
  if (now < pace.at) return { pace, waitMs: pace.at - now };
  const earned = ((now - pace.at) / 1000) * bounds.linesPerSecond;
  const tokens = Math.min(bounds.lineBurst, pace.tokens + earned);
  if (tokens >= 1) return { pace: { tokens: tokens - 1, at: now }, waitMs: 0 };
  return { pace: { tokens, at: now }, waitMs: Math.ceil(((1 - tokens) / bounds.linesPerSecond) * 1000) };
}

/** After a refusal: nothing goes out before `until`, then slowly. */
export function holdPace(pace: Pace, until: number): Pace {
  return { tokens: 1, at: Math.max(pace.at, until) };
}

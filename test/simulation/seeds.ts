import type { Seed } from "./play.ts";

/** Runs that went wrong once, and what was wrong. A change to what a run is made of makes them other runs, worth as much as any. */
export const seeds: readonly (Seed & { found: string })[] = [];

import type { Seed } from "./play.ts";

/** Runs that went wrong once, and what was wrong. A change to what a run is made of makes them other runs, worth as much as any. */
export const seeds: readonly (Seed & { found: string })[] = [
  { seed: 7, path: "9", found: "a connection that waits for a full socket stays when its tab comes back" },
  { seed: 7, path: "152", found: "one client that takes no answers keeps the others from hearing of a stop" },
  { seed: 7, path: "342", found: "that nobody types any more is said of another room" },
];

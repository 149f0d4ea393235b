import { it } from "vitest";
import { Counts } from "./counts.ts";
import { runSimulation, type Seed } from "./run.ts";

/** `npm run test:soak` does more. */
const RUNS = 300;
const TIME_LIMIT_MS = 18_000;

/** Runs that went wrong once, and what was wrong. A change to what a run is made of makes other runs of them, worth as much as any. */
const seeds: readonly (Seed & { found: string })[] = [
  { seed: 7, path: "9", found: "a connection that waits for a full socket stays when its tab comes back" },
  { seed: 7, path: "152", found: "one client that takes no answers keeps the others from hearing of a stop" },
  { seed: 7, path: "342", found: "that nobody types any more is said of another room" },
];

it("keeps every promise, whatever people, the network, the mail, the disk and the machine do", async () => {
  await expectNoFailure({ runs: RUNS, from: undefined });
}, 120_000);

it.each(seeds)("$found: no more", async (from) => {
  await expectNoFailure({ runs: 1, from });
});

/** Throws the whole of what went wrong, with the command that does the run again. */
async function expectNoFailure(options: { runs: number; from: Seed | undefined }): Promise<void> {
  const failure = await runSimulation({ ...options, total: new Counts(), timeLimitMs: TIME_LIMIT_MS });
  if (failure !== undefined) throw new Error(failure);
}

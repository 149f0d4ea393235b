import fc, { type Scheduler } from "fast-check";
import { endWell } from "./ending.ts";
import { type Conditions, conditions, type Step, step } from "./steps.ts";
import type { Tally } from "./tally.ts";
import { World } from "./world.ts";

type Play = [Conditions, Step[]];

/** What is said of a simulation that went wrong, and how many runs there were. */
export interface Played {
  failure: string | undefined;
  runs: number;
}

export interface PlayOptions {
  /** Counts what happens in all runs. */
  total: Tally;
  runs: number;
  timeLimitMs: number;
  /** Where to begin; undefined: anywhere. */
  from: Seed | undefined;
}

/** What fast-check makes a run of. A path that goes on after its first number is that of a smaller run. */
export interface Seed {
  seed: number;
  path: string;
}

/** Plays as many runs as it is given time for, or until one goes wrong, which is then made as small as it can be. */
export async function play({ total, runs, timeLimitMs, from }: PlayOptions): Promise<Played> {
  const property = fc.asyncProperty(
    conditions,
    fc.array(step, { maxLength: 60, size: "max" }),
    async (given, steps) => {
      const scheduler = schedulerOf(given.seed);
      const world = new World(scheduler, given);
      try {
        await world.begin();
        for (const one of steps) await world.take(one);
        await endWell(world);
      } finally {
        world.tally.count("runs");
        world.tally.count("events", world.time.events);
        total.add(world.tally);
      }
    },
  );
  const details = await fc.check<Play>(property, {
    numRuns: runs,
    interruptAfterTimeLimit: timeLimitMs,
    ...(from === undefined ? {} : { ...from, endOnFailure: true }),
  });
  return { failure: failureOf(details), runs: details.numRuns };
}

/** fast-check's, which picks at random what happens next. Made here, since one that is part of a run is not the same again in a replay. */
function schedulerOf(seed: number): Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { seed, numRuns: 1 });
  if (scheduler === undefined) throw new Error("fast-check made no scheduler");
  return scheduler;
}

function failureOf({
  failed,
  counterexample,
  counterexamplePath,
  seed,
  errorInstance,
}: fc.RunDetails<Play>): string | undefined {
  if (!failed || counterexample === null) return undefined;
  const [given, steps] = counterexample;
  return [
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : `${errorInstance}`,
    `given ${JSON.stringify(given)}`,
    ...steps.map(({ happening, then }) => `- ${JSON.stringify(happening)}, then ${then}`),
    `replay: npm run test:soak -- --seed=${seed} --path=${counterexamplePath}`,
  ].join("\n");
}

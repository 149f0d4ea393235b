import fc from "fast-check";
import { endWell } from "./ending.ts";
import { conditions, type Conditions, type Step, step } from "./steps.ts";
import type { Tally } from "./tally.ts";
import { World } from "./world.ts";

export type Play = [fc.Scheduler, Conditions, Step[]];

/** What runs of the simulation are made of. @param total counts what happens in all of them. */
export function simulation(total: Tally): fc.IAsyncProperty<Play> {
  return fc.asyncProperty(fc.scheduler(), conditions, fc.array(step, { maxLength: 60, size: "max" }), async (scheduler, given, steps) => {
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
  });
}

/** What went wrong, and how to see it again; undefined where nothing did. */
export function failureOf(details: fc.RunDetails<Play>): string | undefined {
  if (!details.failed || details.counterexample === null) return undefined;
  const [scheduler, given, steps] = details.counterexample;
  const events = scheduler.report().slice(-20).map(({ label }) => label);
  return [
    `${details.errorInstance}`,
    `replay: npm run test:soak -- --seed ${details.seed} --path ${details.counterexamplePath}`,
    `given ${JSON.stringify(given)}`,
    ...steps.map(({ happening, then }) => `- ${JSON.stringify(happening)}, then ${then}`),
    `last: ${events.join(", ")}`,
    details.errorInstance instanceof Error ? (details.errorInstance.stack ?? "") : "",
  ].join("\n");
}

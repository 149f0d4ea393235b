import { beforeAll, describe, expect, it } from "vitest";
import { buildPrograms } from "../../bench/build.ts";
import type { Outcome } from "../../bench/load/job.ts";
import { Loads } from "../../bench/loads.ts";
import { type Competitors, competitorsOf, serverSources } from "../../bench/servers/competitors.ts";
import type { Competitor } from "../../bench/servers/server.ts";

const CLIENTS = 100;
const PHASE = { deliveriesPerSecond: 1_000_000, seconds: 0.5 };
/** 1.1 and 1.4 were measured on a busy machine; 2.6 and 2.3 when each reader's frame was encoded anew. */
const RATIO_MAX = 2;
/** A busy machine changes how many lines go out at once, and so what one costs; a real change shows in every round. */
const ROUNDS_MAX = 3;

/** CPU time of processes in the same run, and no times of day: what else this machine does changes both alike. */
describe("what a delivery costs the server", () => {
  let loads: Loads;
  let competitors: Competitors;
  beforeAll(async () => {
    const load = `${import.meta.dirname}/../../bench/load/load.ts`;
    const fileOf = await buildPrograms({ load, ...serverSources });
    loads = new Loads(fileOf("load"));
    competitors = competitorsOf(fileOf);
  });

  const measure = async (competitor: Competitor): Promise<Outcome> => {
    const [outcome] = await loads.phases(competitor, CLIENTS, [PHASE]);
    if (!outcome) throw new Error(`${competitor.name} was not measured`);
    if (competitor.promisesAll) {
      const { lost, doubled, reordered } = outcome;
      expect({ lost, doubled, reordered }).toEqual({ lost: 0, doubled: 0, reordered: 0 });
    }
    return outcome;
  };

  /** How many times as much one costs as the other, in the best of some rounds. */
  const ratioOf = async (one: Competitor, other: Competitor, enough: number): Promise<number> => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS_MAX && least > enough; round += 1) {
      const cost = (await measure(one)).serverCpuUsPerDelivery;
      least = Math.min(least, cost / (await measure(other)).serverCpuUsPerDelivery);
    }
    return least;
  };

  it.each(["plumeV1", "plumeV2"] as const)(
    "is at most twice a bare publish's for %s, which loses nothing",
    async (version) => {
      expect(await ratioOf(competitors[version], competitors.publish, RATIO_MAX)).toBeLessThanOrEqual(
        RATIO_MAX,
      );
    },
    180_000,
  );
});

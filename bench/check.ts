/**
 * `npm run bench:check`: whether a delivery costs Plume at most so many times the CPU time that it costs a bare
 * uWebSockets publish, and nothing is lost, doubled or reordered. It compares CPU time of processes in the same run, not
 * times of day, so that another load of the machine changes both alike. It prints a sentence for each version of the
 * protocol. Exit code: 1 when a ratio is exceeded or a promise was broken, 2 when something went wrong.
 */
import { CommandLine } from "./common/command-line.ts";
import { buildPrograms } from "./common/programs.ts";
import { LoadGenerator } from "./load/load-generator.ts";
import { type Competitor, competitorsOf, serverSources } from "./servers/servers.ts";

const CLIENTS = 100;
const PHASE = { deliveriesPerSecond: 1_000_000, seconds: 0.5 };
/** 1.1 and 1.4 were measured on a busy machine; 2.6 and 2.3 when each reader's frame was encoded anew. */
const RATIO_MAX = 2;
/** A busy machine changes how many lines go out at once, and so what one costs; a real change shows in every round. */
const ROUNDS_MAX = 3;

const cli = new CommandLine("npm run bench:check --", {
  description: "Checks that the fan-out's cost per delivery stays within its ratio of a bare publish's.",
  after: "Exit code: 1 when a ratio is exceeded or something was lost, doubled or reordered.",
});
await cli.run(
  () => ({}),
  async () => {
    const load = `${import.meta.dirname}/load/load-main.ts`;
    const fileOf = await buildPrograms({ load, ...serverSources });
    const generator = new LoadGenerator(fileOf("load"));
    const { plumeV1, plumeV2, publish } = competitorsOf(fileOf);
    const verdicts: Verdict[] = [];
    for (const version of [plumeV1, plumeV2]) verdicts.push(await check(generator, version, publish));
    for (const { sentence } of verdicts) process.stdout.write(`${sentence}\n`);
    return verdicts.every(({ isWell }) => isWell) ? 0 : 1;
  },
);

interface Verdict {
  isWell: boolean;
  sentence: string;
}

/** Compares the cost of one delivery, in the best of some rounds. */
async function check(generator: LoadGenerator, plume: Competitor, publish: Competitor): Promise<Verdict> {
  let ratio = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS_MAX && ratio > RATIO_MAX; round += 1) {
    const [result] = await generator.phases(plume, CLIENTS, [PHASE]);
    const [bare] = await generator.phases(publish, CLIENTS, [PHASE]);
    if (!result || !bare) throw new Error(`${plume.name} was not measured`);
    const { lost, doubled, reordered } = result;
    if (lost + doubled + reordered > 0) {
      const sentence = `${plume.name}: ${lost} deliveries lost, ${doubled} doubled, ${reordered} reordered.`;
      return { isWell: false, sentence };
    }
    ratio = Math.min(ratio, result.serverCpuUsPerDelivery / bare.serverCpuUsPerDelivery);
  }
  const isWell = ratio <= RATIO_MAX;
  const sentence = `${plume.name}: a delivery costs ${ratio.toFixed(2)} times that of ${publish.name}, ${isWell ? "within" : "over"} the limit of ${RATIO_MAX}.`;
  return { isWell, sentence };
}

import { grouped, percent } from "../common/figures.ts";
import type { PhaseResult } from "../load/load-generator.ts";
import type { Competitor } from "../servers/servers.ts";
import type { Bar, Bench, Findings, Scenario } from "./report.ts";

const CLIENTS = 1000;
/** The search doubles from here on, or halves. */
const FIRST = 25_000;
const sizes = {
  quick: { last: 800_000, seconds: 0.5, halvings: 0 },
  full: { last: 12_800_000, seconds: 2, halvings: 3 },
};
/** A server keeps up when it has delivered this part of what was offered in the time in which it was. */
const KEPT_MIN = 0.9;
/** How many times the highest rate of the others Plume's has to be. */
const timesMin = { ws: 15, socketIo: 20 } as const;

/** The highest rate at which a server kept up, and what it saw there. */
interface Highest {
  competitor: Competitor;
  /** Deliveries offered in a second; 0 where it kept up with none. */
  offered: number;
  loadCpu: number;
  latencyP99Ms: number;
}

export const highestRate: Scenario = {
  name: "highest",
  title: `The highest rate that ${grouped(CLIENTS)} clients get whole`,
  secondsFor: ({ size }) => (size === "quick" ? 4 * 4 : 4 * (14 + 3 * 7)),
  async run(bench): Promise<Findings> {
    const { plumeV1, plumeV2, ws, socketIo } = bench.competitors;
    const results: Highest[] = [];
    for (const competitor of [plumeV1, plumeV2, ws, socketIo]) {
      bench.say(`highest rate, ${competitor.name}: `);
      results.push(await search(bench, competitor));
      bench.say("\n");
    }
    return {
      table: [
        ["server", "kept up with/s", "p99 ms there", "load CPU there"],
        ...results.map(({ competitor, offered, latencyP99Ms, loadCpu }) => [
          competitor.name,
          grouped(offered),
          latencyP99Ms.toFixed(1),
          percent(loadCpu),
        ]),
      ],
      notes: [
        `All delivered, none later than 2 s after the last was sent, and ${percent(KEPT_MIN)} of the rate offered; found by ` +
          "doubling, then halving the gap.",
        `Where the load had over 90 % of its core, the server may take more.`,
      ],
      rows: results.map(({ competitor, offered, latencyP99Ms, loadCpu }) => ({
        server: competitor.name,
        clients: CLIENTS,
        highestPerSecond: offered,
        latencyP99Ms,
        loadCpu,
      })),
      bars: barsOf(bench, results),
      isBroken: false,
    };
  },
};

async function search(bench: Bench, competitor: Competitor): Promise<Highest> {
  const { last, seconds, halvings } = sizes[bench.options.size];
  const rates: number[] = [];
  for (let rate = FIRST; rate <= last; rate *= 2) rates.push(rate);
  const phaseOf = (deliveriesPerSecond: number) => ({ deliveriesPerSecond, seconds });

  let best: Highest = { competitor, offered: 0, loadCpu: 0, latencyP99Ms: 0 };
  const take = (offered: number, result: PhaseResult | undefined): boolean => {
    if (!result || !keptUp(offered, result)) return false;
    const { loadCpu, latencyP99Ms } = result;
    best = { competitor, offered, loadCpu, latencyP99Ms };
    bench.say(`${grouped(offered)} `);
    return true;
  };

  const results = await bench.load.phases(competitor, CLIENTS, rates.map(phaseOf));
  for (const [at, result] of results.entries()) take(rates[at] ?? 0, result);
  let tooMuch = Math.max(FIRST, 2 * best.offered);
  for (let halving = 0; halving < halvings; halving += 1) {
    const rate = Math.round((best.offered + tooMuch) / 2);
    const [result] = await bench.load.phases(competitor, CLIENTS, [phaseOf(rate)]);
    if (!take(rate, result)) tooMuch = rate;
  }
  return best;
}

function keptUp(offered: number, { lost, late, deliveredPerSecond }: PhaseResult): boolean {
  return lost + late === 0 && deliveredPerSecond >= KEPT_MIN * offered;
}

function barsOf({ competitors }: Bench, results: readonly Highest[]): Bar[] {
  const plumes = results.filter(({ competitor }) => competitor.promisesAll);
  return plumes.flatMap((plume) =>
    (["ws", "socketIo"] as const).flatMap((name) => {
      const other = results.find(({ competitor }) => competitor === competitors[name]);
      if (!other) return [];
      return {
        bar: `${plume.competitor.name}: at least ${timesMin[name]} × the highest rate of ${other.competitor.name}`,
        measured: `${grouped(plume.offered)}/s and ${grouped(other.offered)}/s`,
        isMet: plume.offered > 0 && plume.offered >= timesMin[name] * other.offered,
      };
    }),
  );
}

import type { Options } from "../options.ts";
import {
  briefOf,
  isBroken,
  isLoadSaturated,
  medianOf,
  type Row,
  rowCells,
  rowJson,
  rowNotes,
  rowRemarks,
  rowTitles,
  sumOf,
} from "../rows.ts";
import type { Competitor } from "../servers/server.ts";
import { grouped } from "../text.ts";
import type { Bar, Bench, Findings, Scenario } from "./scenario.ts";

/** Version 2 gets one more rate, to see where it ends. */
const EXTRA = { clients: 1000, offered: 5_000_000 };

/** No further round begins that would end later than this after the first has begun, as far as one can tell. */
const SECONDS_MAX = 15 * 60;

export const fanOut: Scenario = {
  name: "fan-out",
  title: "One room, everyone gets every line",
  secondsFor({ clients, rates, rounds, seconds }: Options): number {
    // Starting and entering, rates that are kept, and for one in three of them a fresh start after what was late.
    const entering = clients.reduce((sum, count) => sum + 2 + count / 500, 0);
    const phases = clients.length * rates.length * (seconds + 0.5);
    return Math.min(SECONDS_MAX, 5 * rounds * (1.7 * entering + phases + clients.length * rates.length));
  },
  async run(bench): Promise<Findings> {
    const groups = groupsOf(bench);
    await runRounds(bench, groups);
    const rows = inOrder(groups.flatMap(({ rows }) => rows));
    const { rounds, seconds, seed } = bench.options;
    return {
      table: [rowTitles, ...rows.map(rowCells)],
      notes: [
        `Medians of up to ${rounds} rounds of ${seconds} s, seed ${seed}.`,
        ...rowNotes,
        ...rows.flatMap(rowRemarks),
      ],
      rows: rows.map(rowJson),
      bars: barsOf(bench, rows),
      isBroken: rows.some(isBroken),
    };
  },
};

/** Rows that are measured one after the other in one server, as long as it keeps up. */
interface Group {
  competitor: Competitor;
  clients: number;
  rows: Row[];
}

function groupsOf({ options, competitors }: Bench): Group[] {
  return options.clients.flatMap((clients) =>
    Object.values(competitors).map((competitor) => {
      const isExtra = competitor === competitors.plumeV2 && clients === EXTRA.clients;
      const rates = isExtra ? [...options.rates, EXTRA.offered] : options.rates;
      return {
        competitor,
        clients,
        rows: rates.map((offered): Row => ({ competitor, clients, offered, rounds: [] })),
      };
    }),
  );
}

/** In an order of its own each round, so that what changes over time on this machine spares no server. */
async function runRounds(bench: Bench, groups: readonly Group[]): Promise<void> {
  const { rounds, seed } = bench.options;
  const random = seededRandom(seed);
  const startMs = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    const passedSeconds = (performance.now() - startMs) / 1000;
    if (round > 1 && (passedSeconds * round) / (round - 1) > SECONDS_MAX) {
      bench.say(`no time for round ${round}: this machine is slow, or busy\n`);
      return;
    }
    const order = groups
      .map((group) => ({ group, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ group }) => group);
    for (const [done, group] of order.entries()) {
      bench.say(`round ${round}/${rounds}, ${done + 1}/${groups.length}: `);
      await measure(bench, group);
    }
  }
}

/** Measures each row of a group once; in a fresh server after one in which something was late or lost. */
async function measure(bench: Bench, { competitor, clients, rows }: Group): Promise<void> {
  bench.say(`${competitor.name}, ${grouped(clients)} clients\n`);
  let at = 0;
  while (at < rows.length) {
    const left = rows.slice(at);
    const phases = left.map(({ offered }) => ({
      deliveriesPerSecond: offered,
      seconds: bench.options.seconds,
    }));
    const outcomes = await bench.loads.phases(competitor, clients, phases);
    for (const [index, outcome] of outcomes.entries()) {
      left[index]?.rounds.push(outcome);
      bench.say(`  ${grouped(left[index]?.offered ?? 0)}/s offered: ${briefOf(outcome)}\n`);
    }
    at += outcomes.length;
  }
}

/** Those that compare stand together. */
function inOrder(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => a.clients - b.clients || a.offered - b.offered);
}

/** What version 1 and 2 have to keep up with at 1,000 clients, and how late a line may be. */
const promised = [
  { version: "plumeV1", offered: 2_000_000, p99MsMax: 50 },
  { version: "plumeV2", offered: 2_000_000, p99MsMax: 50 },
  { version: "plumeV2", offered: EXTRA.offered, p99MsMax: 250 },
] as const;

function barsOf({ competitors }: Bench, rows: readonly Row[]): Bar[] {
  return promised.flatMap(({ version, offered, p99MsMax }) => {
    const competitor = competitors[version];
    const row = rows.find(
      (one) => one.competitor === competitor && one.clients === 1000 && one.offered === offered,
    );
    if (!row) return [];
    const p99Ms = medianOf(row, "latencyP99Ms");
    const missing = sumOf(row, "lost") + sumOf(row, "late");
    const limit = isLoadSaturated(row) ? ", the load at its limit" : "";
    return {
      bar: `${competitor.name}, 1,000 clients, ${grouped(offered)}/s: all come, p99 up to ${p99MsMax} ms`,
      measured: `${grouped(missing)} missing, p99 ${p99Ms.toFixed(1)} ms${limit}`,
      isMet: missing === 0 && p99Ms <= p99MsMax,
    };
  });
}

/** A small generator of numbers from 0 up to 1 (mulberry32, public domain). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

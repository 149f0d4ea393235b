/** Two scenarios in which everybody gets every line: at rates up to what a server bears, and in a quiet room. */
import { grouped } from "../common/figures.ts";
import type { Competitor } from "../servers/servers.ts";
import {
  type Bar,
  type Bench,
  briefOf,
  type Findings,
  isBroken,
  isLoadSaturated,
  medianOf,
  type Options,
  type Row,
  rowJson,
  rowNotes,
  rowTable,
  type Scenario,
  sumOf,
} from "./report.ts";

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
      table: rowTable(rows),
      notes: [`Medians of up to ${rounds} rounds of ${seconds} s, seed ${seed}.`, ...rowNotes(rows)],
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

/** Measures the groups in another order each round, so that what changes over time on this machine spares no server. */
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
    const results = await bench.load.phases(competitor, clients, phases);
    for (const [index, result] of results.entries()) {
      left[index]?.rounds.push(result);
      bench.say(`  ${grouped(left[index]?.offered ?? 0)}/s offered: ${briefOf(result)}\n`);
    }
    at += results.length;
  }
}

/** Rows that compare stand together. */
function inOrder(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => a.clients - b.clients || a.offered - b.offered);
}

/** What bounds the p99: ms, what publish takes, or nothing. */
type Bound = { kind: "ms"; max: number } | { kind: "× publish"; max: number } | { kind: "any" };

/** Loads whose lines all have to arrive, and how late. */
const promised: readonly {
  version: "plumeV1" | "plumeV2";
  clients: number;
  offered: number;
  p99: Bound;
}[] = [
  { version: "plumeV1", clients: 1000, offered: 1_000_000, p99: { kind: "× publish", max: 1.25 } },
  { version: "plumeV1", clients: 1000, offered: 2_000_000, p99: { kind: "ms", max: 100 } },
  { version: "plumeV2", clients: 1000, offered: EXTRA.offered, p99: { kind: "any" } },
  { version: "plumeV1", clients: 5000, offered: 1_000_000, p99: { kind: "× publish", max: 1.5 } },
];

function barsOf({ competitors }: Bench, rows: readonly Row[]): Bar[] {
  return promised.flatMap(({ version, clients, offered, p99 }) => {
    const find = (competitor: Competitor) =>
      rows.find((row) => row.competitor === competitor && row.clients === clients && row.offered === offered);
    const [row, publish] = [find(competitors[version]), find(competitors.publish)];
    if (!row) return [];
    const p99Ms = medianOf(row, "latencyP99Ms");
    const publishMs = publish ? medianOf(publish, "latencyP99Ms") : Number.NaN;
    const maxMs = maxMsOf(p99, publishMs);
    const missing = sumOf(row, "lost") + sumOf(row, "late");
    const limit = isLoadSaturated(row) ? ", the load at its limit" : "";
    const compared = p99.kind === "× publish" ? ` (publish ${publishMs.toFixed(1)} ms)` : "";
    return {
      bar: `${competitors[version].name}, ${grouped(clients)} clients, ${grouped(offered)}/s: all come${inWords(p99)}`,
      measured: `${grouped(missing)} missing, p99 ${p99Ms.toFixed(1)} ms${compared}${limit}`,
      isMet: missing === 0 && p99Ms <= maxMs,
    };
  });
}

function maxMsOf(p99: Bound, publishMs: number): number {
  switch (p99.kind) {
    case "ms":
      return p99.max;
    case "× publish":
      return p99.max * publishMs;
    case "any":
      return Number.POSITIVE_INFINITY;
  }
}

function inWords(p99: Bound): string {
  return p99.kind === "any" ? "" : `, p99 up to ${p99.max} ${p99.kind}`;
}

/** A generator of numbers from 0 up to 1 (mulberry32, public domain). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const QUIET_CLIENTS = 20;
/** Ten messages a second, to everybody. */
const QUIET_OFFERED = 10 * QUIET_CLIENTS;
/** Several short rounds, the servers in turn: one bad moment of the machine spoils one round of one server. */
const quietRounds = { quick: 1, full: 5 };
const quietSeconds = { quick: 1, full: 6 };
/** What bounds the p99, in times of what publish takes. */
const QUIET_P99_TIMES_MAX = 1.2;

export const quietRoom: Scenario = {
  name: "quiet",
  title: `A quiet room: ${QUIET_CLIENTS} clients, 10 messages a second`,
  secondsFor: ({ size }) => 5 * quietRounds[size] * (quietSeconds[size] + 2),
  async run(bench): Promise<Findings> {
    const { size } = bench.options;
    const phase = { deliveriesPerSecond: QUIET_OFFERED, seconds: quietSeconds[size] };
    const rows = Object.values(bench.competitors).map(
      (competitor): Row => ({ competitor, clients: QUIET_CLIENTS, offered: QUIET_OFFERED, rounds: [] }),
    );
    for (let round = 1; round <= quietRounds[size]; round += 1) {
      for (const { competitor, rounds } of rows) {
        bench.say(`quiet room, round ${round}/${quietRounds[size]}, ${competitor.name}: `);
        rounds.push(...(await bench.load.phases(competitor, QUIET_CLIENTS, [phase])));
        bench.say(`${rounds.slice(-1).map(briefOf).join()}\n`);
      }
    }
    return {
      table: rowTable(rows),
      notes: [`Medians of ${quietRounds[size]} rounds of ${phase.seconds} s.`, ...rowNotes(rows)],
      rows: rows.map(rowJson),
      bars: quietBarsOf(bench, rows),
      isBroken: rows.some(isBroken),
    };
  },
};

function quietBarsOf({ competitors }: Bench, rows: readonly Row[]): Bar[] {
  const publish = rows.find(({ competitor }) => competitor === competitors.publish);
  const publishMs = publish ? medianOf(publish, "latencyP99Ms") : Number.NaN;
  return rows
    .filter(({ competitor }) => competitor.promisesAll)
    .map((row) => {
      const missing = sumOf(row, "lost") + sumOf(row, "late");
      const p99Ms = medianOf(row, "latencyP99Ms");
      return {
        bar: `${row.competitor.name}, quiet room: all come, p99 up to ${QUIET_P99_TIMES_MAX} × publish`,
        measured: `${missing} missing, p99 ${p99Ms.toFixed(2)} ms (publish ${publishMs.toFixed(2)} ms)`,
        isMet: missing === 0 && p99Ms <= QUIET_P99_TIMES_MAX * publishMs,
      };
    });
}

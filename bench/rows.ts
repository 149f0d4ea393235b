import type { Outcome } from "./load/job.ts";
import type { Options } from "./options.ts";
import type { Competitor } from "./servers/server.ts";

/** One competitor under one load. */
export interface Row {
  competitor: Competitor;
  clients: number;
  deliveriesPerSecond: number;
}

/** A row, and what each round saw of it. */
export interface Result extends Row {
  rounds: readonly Outcome[];
}

/** What is measured as a number that one is better than another. */
export type Measure =
  | "deliveredPerSecond"
  | "latencyP50Ms"
  | "latencyP99Ms"
  | "serverCpuUsPerDelivery"
  | "serverMemoryMb"
  | "loadCpu"
  | "disturbed";

/** What must be 0. */
export type Fault = "lost" | "doubled" | "reordered";

/** Every row in the order of the report: those that compare stand together. */
export function rowsOf({ clients, rates }: Options, competitors: readonly Competitor[]): Row[] {
  return clients.flatMap((count) =>
    rates.flatMap((rate) =>
      competitors.map((competitor) => ({ competitor, clients: count, deliveriesPerSecond: rate })),
    ),
  );
}

/** The order of the rows in each round, so that what changes over time on this machine spares no competitor. */
export function ordersOf(rows: readonly Row[], { rounds, seed }: Options): Row[][] {
  const random = seededRandom(seed);
  const shuffled = () =>
    rows
      .map((row) => ({ row, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row);
  return Array.from({ length: rounds }, shuffled);
}

export function medianOf({ rounds }: Result, measure: Measure): number {
  const values = rounds.map((round) => round[measure]).sort((a, b) => a - b);
  const middle = (values.length - 1) / 2;
  return ((values[Math.floor(middle)] ?? Number.NaN) + (values[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export function sumOf({ rounds }: Result, fault: Fault): number {
  return rounds.reduce((sum, round) => sum + round[fault], 0);
}

/** Whether everything came, once and in order, in every round. */
export function isFlawless(result: Result): boolean {
  return sumOf(result, "lost") + sumOf(result, "doubled") + sumOf(result, "reordered") === 0;
}

/** The load process had no CPU time left, so that it may have measured itself. */
export function isLoadSaturated(result: Result): boolean {
  return medianOf(result, "loadCpu") > 0.9;
}

/** Server or load had to wait for a core so long that it has changed the numbers. */
export function isDisturbed(result: Result): boolean {
  return medianOf(result, "disturbed") > DISTURBED_MAX;
}

/** How much of the time that is nothing to speak of: Node's own helper threads take some of it too. */
export const DISTURBED_MAX = 0.2;

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

import type { Outcome } from "./load/job.ts";
import type { Competitor } from "./servers/server.ts";
import { grouped, percent, toThousandths } from "./text.ts";

/** One competitor under one load, and what each round saw of it. */
export interface Row {
  competitor: Competitor;
  clients: number;
  /** Deliveries offered in a second. */
  offered: number;
  rounds: Outcome[];
}

/** What is measured as a number that one is better than another. */
type Measure = Exclude<keyof Outcome, "lost" | "late" | "doubled" | "reordered" | "remarks">;

/** What must be 0. */
type Fault = "lost" | "late" | "doubled" | "reordered";

export function medianOf({ rounds }: Row, measure: Measure): number {
  return median(rounds.map((round) => round[measure]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export function sumOf({ rounds }: Row, fault: Fault): number {
  return rounds.reduce((sum, round) => sum + round[fault], 0);
}

/** Whether a promise was broken: what is late may yet come, and a client that was told why it is closed knows what it misses. */
export function isBroken(row: Row): boolean {
  const faults = sumOf(row, "lost") + sumOf(row, "doubled") + sumOf(row, "reordered");
  return row.competitor.promisesAll && faults > 0;
}

/** The load process had no CPU time left, so that it may have measured itself. */
export function isLoadSaturated(row: Row): boolean {
  return medianOf(row, "loadCpu") > 0.9;
}

/** Server or load had to wait for a core so long that it has changed the numbers. */
export function isDisturbed(row: Row): boolean {
  return medianOf(row, "disturbed") > DISTURBED_MAX;
}

/** How much of the time that is nothing to speak of: Node's own helper threads take some of it too. */
const DISTURBED_MAX = 0.2;

export const rowTitles = [
  "clients",
  "offered/s",
  "server",
  "delivered/s",
  "lost",
  "late",
  "p50 ms",
  "p99 ms",
  "p99.9 ms",
  "CPU µs/delivery",
  "KB/client",
  "load CPU",
  "disturbed",
];

export function rowCells(row: Row): string[] {
  return [
    grouped(row.clients),
    grouped(row.offered),
    row.competitor.name,
    grouped(medianOf(row, "deliveredPerSecond")),
    grouped(sumOf(row, "lost")),
    grouped(sumOf(row, "late")),
    medianOf(row, "latencyP50Ms").toFixed(1),
    medianOf(row, "latencyP99Ms").toFixed(1),
    medianOf(row, "latencyP999Ms").toFixed(1),
    medianOf(row, "serverCpuUsPerDelivery").toFixed(2),
    medianOf(row, "memoryKbPerClient").toFixed(1),
    percent(medianOf(row, "loadCpu")) + (isLoadSaturated(row) ? " *" : "  "),
    percent(medianOf(row, "disturbed")) + (isDisturbed(row) ? " !" : "  "),
  ];
}

export const rowNotes = [
  "lost: had not come when nothing came any more; late: when the time was up, 2 s after the last line. Sums of all rounds.",
  "Latency is from when a line was to be sent to when a client had it; what has not come counts as waited for until the end.",
  "KB/client: resident memory of the server above what it has before anybody comes, at the end of the row, in units of 1,024 bytes.",
  "* the load had over 90 % of its core: it may have measured itself.  ! server or load had to wait for a core.",
];

/** What else was said in a row, with how often. */
export function rowRemarks(row: Row): string[] {
  const where = `${row.competitor.name}, ${grouped(row.clients)} clients, ${grouped(row.offered)}/s`;
  return row.rounds.flatMap(({ doubled, reordered, remarks }, at) =>
    Object.entries({ ...remarks, doubled, reordered })
      .filter(([, count]) => count > 0)
      .map(([remark, count]) => `${where}, round ${at + 1}: ${grouped(count)} × ${remark}`),
  );
}

/** A row for programs: the medians, and what each round saw. */
export function rowJson(row: Row): Record<string, unknown> {
  const of = (measure: Measure) => toThousandths(medianOf(row, measure));
  return {
    server: row.competitor.name,
    clients: row.clients,
    offeredPerSecond: row.offered,
    deliveredPerSecond: of("deliveredPerSecond"),
    lost: sumOf(row, "lost"),
    late: sumOf(row, "late"),
    doubled: sumOf(row, "doubled"),
    reordered: sumOf(row, "reordered"),
    latencyP50Ms: of("latencyP50Ms"),
    latencyP99Ms: of("latencyP99Ms"),
    latencyP999Ms: of("latencyP999Ms"),
    serverCpuUsPerDelivery: of("serverCpuUsPerDelivery"),
    memoryKbPerClient: of("memoryKbPerClient"),
    loadCpu: of("loadCpu"),
    loadSaturated: isLoadSaturated(row),
    disturbed: of("disturbed"),
    rounds: row.rounds,
  };
}

/** What to say of one round while the next ones run. */
export function briefOf({ deliveredPerSecond, latencyP99Ms, lost, late }: Outcome): string {
  const losses = lost + late === 0 ? "" : `, ${grouped(lost)} lost, ${grouped(late)} late`;
  return `${grouped(deliveredPerSecond)}/s, p99 ${latencyP99Ms.toFixed(1)} ms${losses}`;
}

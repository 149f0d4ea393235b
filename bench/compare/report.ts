import { aligned, grouped, median, percent, toThousandths } from "../common/figures.ts";
import { describeMachine, type Machine } from "../common/programs.ts";
import type { LoadGenerator, PhaseResult } from "../load/load-generator.ts";
import type { Competitor, Competitors } from "../servers/servers.ts";

/** What to measure, and for how long. */
export interface Options {
  /** A short run of everything, or a whole one. */
  size: "quick" | "full";
  /** Names of the scenarios to run. */
  only: readonly string[];
  /** Of fan-out: clients in the room; a row for each with each rate. */
  clients: readonly number[];
  /** Of fan-out: lines times clients, offered in a second, rising. */
  rates: readonly number[];
  /** Of fan-out. */
  rounds: number;
  /** Of fan-out: length of what is measured of a row in a round. */
  seconds: number;
  /** The order of the servers in each round comes from it. */
  seed: number;
  /** Where the plot goes; "" is nowhere. */
  plotFile: string;
}

/** What scenarios measure with. */
export interface Bench {
  options: Options;
  competitors: Competitors;
  load: LoadGenerator;
  /** Progress, for people. */
  say(text: string): void;
}

/** One kind of question, with rows of its own. */
export interface Scenario {
  /** What `--only` calls it. */
  name: string;
  /** What it asks, for people. */
  title: string;
  /** About how long it takes on a quiet machine. */
  secondsFor(options: Options): number;
  run(bench: Bench): Promise<Findings>;
}

export interface Findings {
  /** Rows of cells for people, the titles first. */
  table: string[][];
  /** Sentences to read the table with. */
  notes: string[];
  /** The same rows for programs. */
  rows: Record<string, unknown>[];
  bars: Bar[];
  /** Plume lost, doubled or reordered something. */
  isBroken: boolean;
}

/** Something that was promised, and what was measured of it. */
export interface Bar {
  bar: string;
  measured: string;
  isMet: boolean;
}

/** What is the same for all rows of a run. */
export interface Run {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: Options;
}

export interface Chapter {
  scenario: Scenario;
  findings: Findings;
}

/** The tables for people, with notes to read them by, and the bars at the end. */
export function tablesOf(run: Run, chapters: readonly Chapter[]): string {
  const bars = run.options.size === "quick" ? [] : chapters.flatMap(({ findings }) => findings.bars);
  const cells = bars.map(({ bar, measured, isMet }) => [bar, measured, isMet ? "met" : "NOT MET"]);
  return [
    `Plume beside others, ${run.date}`,
    placeOf(run.machine),
    ...chapters.flatMap(({ scenario, findings }) => [
      "",
      `${scenario.title} (${scenario.name})`,
      "",
      ...aligned(findings.table),
      "",
      ...findings.notes,
    ]),
    ...(bars.length > 0 ? ["", "Bars", "", ...aligned([["bar", "measured", ""], ...cells])] : []),
  ].join("\n");
}

/** Where a run took place, in a line. */
export function placeOf(machine: Machine): string {
  const cores = machine.pinned ? "server on core 0, load on core 1" : "server and load on any core";
  return `${describeMachine(machine)}; ${cores}`;
}

/** A line for each row and each bar, for programs. */
export function linesOf(run: Run, chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ scenario, findings }) => [
    ...findings.rows.map((row) => JSON.stringify({ bench: scenario.name, ...row, ...run })),
    ...findings.bars.map((bar) => JSON.stringify({ bench: scenario.name, ...bar, ...run })),
  ]);
}

/** One competitor under one load, and what each round saw of it. */
export interface Row {
  competitor: Competitor;
  clients: number;
  /** Deliveries offered in a second. */
  offered: number;
  rounds: PhaseResult[];
}

/** What must be 0. */
type Fault = "lost" | "late" | "doubled" | "reordered";

/** What is measured as a number that one is better than another. */
type Measure = Exclude<keyof PhaseResult, Fault | "remarks">;

export function medianOf({ rounds }: Row, measure: Measure): number {
  return median(rounds.map((round) => round[measure]));
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

/** Server or load waited for a core so long that it has changed the numbers. */
function isDisturbed(row: Row): boolean {
  return medianOf(row, "disturbed") > DISTURBED_MAX;
}

/** In parts of the time; Node's own helper threads take as much. */
const DISTURBED_MAX = 0.2;

/** The table of rows for people. */
export function rowTable(rows: readonly Row[]): string[][] {
  const titles = [
    ...["clients", "offered/s", "server", "delivered/s", "lost", "late", "p50 ms", "p99 ms", "p99.9 ms"],
    ...["CPU µs/delivery", "KB/client", "load CPU", "disturbed"],
  ];
  return [
    titles,
    ...rows.map((row) => [
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
    ]),
  ];
}

/** What one has to know to read the table of rows, and what else was said in each. */
export function rowNotes(rows: readonly Row[]): string[] {
  return [
    "lost: had not come when nothing came any more; late: when the time was up, 2 s after the last line. Sums of all rounds.",
    "Latency is from when a line was to be sent to when a client had it; what has not come counts as waited for until the end.",
    "KB/client: resident memory of the server above what it has before anybody comes, at the end of the row, in units of 1,024 bytes.",
    "* the load had over 90 % of its core: it may have measured itself.  ! server or load had to wait for a core.",
    ...rows.flatMap(remarksOf),
  ];
}

function remarksOf(row: Row): string[] {
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

/** One round in a line, for the progress. */
export function briefOf({ deliveredPerSecond, latencyP99Ms, lost, late }: PhaseResult): string {
  const losses = lost + late === 0 ? "" : `, ${grouped(lost)} lost, ${grouped(late)} late`;
  return `${grouped(deliveredPerSecond)}/s, p99 ${latencyP99Ms.toFixed(1)} ms${losses}`;
}

/**
 * `npm run bench:soak`: the long mode of the load test, on a server of its own. Clients of both versions come, talk and
 * go, politely and not; some stop reading, some flood. In the rests between their turns it counts the server's actors,
 * timers, handles, descriptors and memory, which have to be after the last turn as they were after the first. It prints
 * tables, and then a line of JSON. Exit code: 1 when something did not return to where it was, or the server logged an
 * error; 2 when something went wrong. Needs Linux.
 */
import { pathToFileURL } from "node:url";
import { CommandLine, from, sayError, wholeFrom } from "./common/command-line.ts";
import { aligned, grouped } from "./common/figures.ts";
import { buildPrograms, describeMachine, type Machine, thisMachine } from "./common/programs.ts";
import { restMs, type Snapshot, SoakedServer } from "./soak/server.ts";
import { VisitCounts, visit } from "./soak/visits.ts";

/** How long, and how hard. */
interface Options {
  minutes: number;
  /** Clients at the same time. */
  clients: number;
}

/** What a soak has seen. */
interface Outcome {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: Options;
  tally: VisitCounts;
  /** Before anybody came. */
  fresh: Snapshot;
  /** At rest after each turn; the first was to warm up. */
  rests: readonly Snapshot[];
  /** Resident memory, second by second. */
  residentMb: readonly number[];
  /** What is wrong, one sentence each. */
  problems: readonly string[];
}

const cli = new CommandLine("npm run bench:soak --", {
  description:
    "Wears a server out, and looks whether it is as before when everybody has gone: clients of both versions come, talk " +
    "and go, politely and not; some stop reading, some flood. It takes turns with rests; the first turn is to warm up.",
  after:
    "Needs Linux. Progress goes to stderr; the tables and then a line of JSON to stdout. Exit code: 1 when something did not\n" +
    "return to where it was, or the server logged an error; 2 when something went wrong.",
});
const minutes = cli.number("--minutes <n>", "in all, at least 2 turns and their rests", from(1, 24 * 60), 5);
const clients = cli.number("--clients <n>", "at the same time", wholeFrom(10, 5000), 150);

interface Rule {
  measure: keyof Snapshot;
  /** For people. */
  name: string;
  /** How much more than before is no leak: as a part of what was there … */
  share: number;
  /** … and as a number. */
  more: number;
}

/** What is compared, in the order of the report. Counts are exact; allocators round memory up. */
const rules: readonly Rule[] = [
  exact("connections", "connection actors"),
  exact("clients", "clients in rooms"),
  exact("rooms", "room actors"),
  exact("channels", "channels"),
  exact("followers", "followers"),
  exact("deadlines", "deadlines"),
  exact("timers", "timers"),
  exact("promises", "promises"),
  exact("handles", "handles"),
  exact("sockets", "sockets"),
  exact("descriptors", "descriptors"),
  { measure: "heapMb", name: "heap MB, after GC", share: 0.05, more: 1 },
  { measure: "externalMb", name: "external MB, after GC", share: 0.05, more: 1 },
  { measure: "residentMb", name: "resident MB", share: 0.15, more: 4 },
];

const SAMPLE_MS = 1000;
/** Samples from one line of progress to the next. */
const PROGRESS_EVERY = 5;

/** Looks at a server from outside every second, and reports progress. */
class Monitor {
  /** Resident memory of the server, second by second. */
  readonly residentMb: number[] = [];
  /** What is going on, for the progress. */
  stage = "fresh";
  readonly #server: SoakedServer;
  readonly #counts: VisitCounts;
  readonly #timer: NodeJS.Timeout;
  #before = { said: 0, heard: 0 };

  constructor(server: SoakedServer, counts: VisitCounts) {
    this.#server = server;
    this.#counts = counts;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    if (!this.#server.isRunning) return;
    const outside = this.#server.outside();
    this.residentMb.push(outside.residentMb);
    if (this.residentMb.length % PROGRESS_EVERY !== 0) return;
    const { here, said, heard, visits, gaps } = this.#counts;
    const perSecond = (count: number) => Math.round((1000 * count) / (PROGRESS_EVERY * SAMPLE_MS));
    sayError(
      [
        `${this.residentMb.length} s, ${this.stage}: ${here} clients (${visits} so far)`,
        `${perSecond(said - this.#before.said)} lines/s`,
        `${perSecond(heard - this.#before.heard)} frames heard/s`,
        `${outside.residentMb.toFixed(0)} MB resident`,
        `${outside.descriptors} descriptors`,
        `${gaps} gaps so far`,
      ].join(", "),
    );
    this.#before = { said, heard };
  }
}

await cli.run(
  () => ({ minutes: minutes(), clients: clients() }),
  async (options) => {
    const fileOf = await buildPrograms({ probe: `${import.meta.dirname}/soak/probe.ts` });
    const server = await SoakedServer.start(pathToFileURL(fileOf("probe")).href);
    const exitCode = await soak(server, options).catch((cause: unknown) => {
      if (server.isRunning) throw cause;
      sayError(["The server died.", ...server.errors].join("\n"));
      return 1;
    });
    process.exit(exitCode); // clients of a server that died may still wait
  },
);

async function soak(server: SoakedServer, options: Options): Promise<number> {
  const date = new Date().toISOString();
  const tally = new VisitCounts();
  const fresh = await server.snapshot();
  const monitor = new Monitor(server, tally);
  const rests = await takeTurns(server, tally, monitor, options);
  monitor.stop();
  const exitCode = await server.stop();
  const problems = problemsOf(rests, server.errors, exitCode);
  const { residentMb } = monitor;
  const outcome = { date, machine: thisMachine(), options, tally, fresh, rests, residentMb, problems };
  process.stdout.write(`${tableOf(outcome)}\n${jsonOf(outcome)}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Turns of a minute or less, at least two, so that there is a before and an after. Returns the snapshot of each rest. */
async function takeTurns(
  server: SoakedServer,
  counts: VisitCounts,
  monitor: Monitor,
  options: Options,
): Promise<Snapshot[]> {
  const turns = Math.max(2, Math.ceil(options.minutes));
  const turnMs = (60_000 * options.minutes) / turns - restMs;
  const rests: Snapshot[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    monitor.stage = `turn ${turn} of ${turns}`;
    await visit(server, counts, options.clients, turnMs);
    monitor.stage = `rest ${turn} of ${turns}`;
    rests.push(await server.snapshotAtRest());
  }
  return rests;
}

function problemsOf(
  rests: readonly Snapshot[],
  errors: readonly string[],
  exitCode: number | undefined,
): string[] {
  const [before] = rests;
  const after = rests.at(-1);
  if (before === undefined || after === undefined) throw new Error("a soak without a rest");
  return [
    ...grown(before, after),
    ...(after.connections > 0 ? [`${after.connections} connections never ended.`] : []),
    ...(errors.length > 0 ? [`The server logged ${errors.length} errors; the first: ${errors[0]}`] : []),
    ...(exitCode === 0
      ? []
      : [`The server did not stop as told: exit code ${exitCode ?? "none, it was killed"}.`]),
  ];
}

/** What has grown between two rests, one sentence each. */
function grown(before: Snapshot, after: Snapshot): string[] {
  return rules.flatMap(({ measure, name, share, more }) => {
    const allowed = before[measure] * (1 + share) + more;
    if (after[measure] <= allowed) return [];
    return [`${name}: ${figure(before[measure])} before, ${figure(after[measure])} after.`];
  });
}

/** Counts as they are, memory with a decimal. */
function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function exact(measure: keyof Snapshot, name: string): Rule {
  return { measure, name, share: 0, more: 0 };
}

/** The tables for people. */
function tableOf(outcome: Outcome): string {
  const { date, machine, options, tally, fresh, rests, residentMb, problems } = outcome;
  const endings = Object.entries(tally.endings).sort(([, a], [, b]) => b - a);
  const titles = ["at rest", "fresh", ...rests.map((_, at) => (at === 0 ? "warm" : `turn ${at + 1}`))];
  const rows = rules.map(({ measure, name }) => [
    name,
    ...[fresh, ...rests].map((snapshot) => figure(snapshot[measure])),
  ]);
  return [
    `Soak, ${options.minutes} min with ${options.clients} clients at a time, ${date}`,
    describeMachine(machine),
    `${grouped(tally.visits)} connections, ${grouped(tally.said)} lines said, ${grouped(tally.heard)} frames heard, ` +
      `${grouped(tally.refused)} refusals, ${grouped(tally.gaps)} gaps`,
    `Ended: ${endings.map(([how, count]) => `${how} ${grouped(count)}`).join(", ")}`,
    "",
    ...aligned([titles, ...rows]),
    "",
    "Resident memory",
    ...plotOf(residentMb, "MB"),
    "",
    ...(problems.length === 0 ? ["Everything returned to where it was."] : problems),
  ].join("\n");
}

/** All of it for programs. */
function jsonOf({ rests, ...outcome }: Outcome): string {
  return JSON.stringify({ bench: "soak", before: rests.at(0), after: rests.at(-1), rests, ...outcome });
}

/** Values over time as lines of text, from 0 at the bottom to the highest at the top. */
function plotOf(values: readonly number[], unit: string): string[] {
  const width = Math.min(72, values.length);
  const height = 6;
  const edge = (column: number) => Math.floor((column * values.length) / width);
  // A column is the highest value of its stretch.
  const columns = Array.from({ length: width }, (_, column) =>
    Math.max(...values.slice(edge(column), edge(column + 1))),
  );
  const top = Math.max(...columns, 1);
  return Array.from({ length: height }, (_, at) => {
    const below = height - 1 - at;
    const line = columns.map((value) => block((height * value) / top - below)).join("");
    const label = at === 0 ? `${top.toFixed(0)} ${unit}` : below === 0 ? `0 ${unit}` : "";
    return `${label.padStart(8)} │${line}`;
  });
}

/** @param filled how much of the character, from 0 to 1; what is beyond is cut. */
function block(filled: number): string {
  return " ▁▂▃▄▅▆▇█".charAt(Math.round(8 * Math.min(1, Math.max(0, filled))));
}

import { grouped } from "../common/figures.ts";
import { buildPrograms, talkTo } from "../common/programs.ts";
import type { Findings, Scenario } from "../compare/report.ts";

/** A way to bring messages from one place to another. */
export interface Pass {
  name: string;
  /** Messages in one run. */
  messages: number;
  /** Brings them there. Returns how many arrived, or throws. */
  run(): Promise<number> | number;
}

/** Passes that do the same work. The first is Plume's; the others are measured beside it. */
export interface Group {
  name: string;
  passes: readonly Pass[];
}

/** What a measuring process is told, as JSON on its stdin. */
export interface Job {
  /** How often each row is measured … */
  rounds: number;
  /** … for how long … */
  measuredMs: number;
  /** … and how long it runs before. */
  warmUpMs: number;
  /** Messages over which promises are counted, at least. */
  counted: number;
}

/** What it has measured of a pass; it prints all rows as JSON. */
export interface Row {
  group: string;
  name: string;
  /** Of the median run in the median round. */
  messagesPerSecond: number;
  promisesPerMessage: number;
}

const jobs: Record<"quick" | "full", Job> = {
  full: { rounds: 3, measuredMs: 400, warmUpMs: 100, counted: 100_000 },
  quick: { rounds: 1, measuredMs: 150, warmUpMs: 50, counted: 10_000 },
};

/** Measures every row, in a process of its own: in about 40 s, or 10. */
export async function runMicro(size: "quick" | "full"): Promise<Row[]> {
  const fileOf = await buildPrograms({ micro: `${import.meta.dirname}/micro-main.ts` });
  const measuring = talkTo({ role: "load", file: fileOf("micro"), env: {} }, JSON.stringify(jobs[size]));
  measuring.finish();
  return JSON.parse(await measuring.next());
}

/** The row that has to reach a number. */
export const bar = {
  name: "channel, one sender and one receiver in batches",
  messagesPerSecond: 10_000_000,
} as const;

/** How many messages a second short of the bar; 0 where it is reached. */
export function missingToBar(rows: readonly Row[]): number {
  const reached = rows.find(({ name }) => name === bar.name)?.messagesPerSecond ?? 0;
  return Math.max(0, bar.messagesPerSecond - reached);
}

/** The one row that a bar is about, as a scenario of `npm run bench`. */
export const channels: Scenario = {
  name: "channels",
  title: "A channel alone, one sender and one receiver in batches",
  secondsFor: ({ size }) => (size === "quick" ? 10 : 40),
  async run(bench): Promise<Findings> {
    const row = (await runMicro(bench.options.size)).find(({ name }) => name === bar.name);
    if (row === undefined) throw new Error(`nothing was measured of "${bar.name}"`);
    const measured = `${grouped(row.messagesPerSecond)}/s`;
    bench.say(`${row.name}: ${measured}\n`);
    return {
      table: [
        ["what", "messages/s"],
        [row.name, measured],
      ],
      notes: ["The other rows: npm run bench:micro."],
      rows: [{ ...row }],
      bars: [
        {
          bar: `${row.name}: at least ${grouped(bar.messagesPerSecond)} messages/s`,
          measured,
          isMet: missingToBar([row]) === 0,
        },
      ],
      isBroken: false,
    };
  },
};

/** `npm run test:soak`: runs the simulation for as long as it is told, or one run of it again. */
import { parseArgs } from "node:util";
import { Counts } from "./counts.ts";
import { runSimulation, type Seed } from "./run.ts";

const usage = "npm run test:soak -- [--minutes N] [--seed=S --path=P]";
/** Runs between two reports of how far it is. */
const RUNS_AT_ONCE = 100;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    say(usage);
    return 2;
  }
  const total = new Counts();
  const failure = "from" in options ? await again(total, options.from) : await soak(total, options.minutes);
  say(table(total));
  say(failure ?? "nothing went wrong");
  return failure === undefined ? 0 : 1;
}

function again(total: Counts, from: Seed): Promise<string | undefined> {
  return runSimulation({ total, runs: 1, timeLimitMs: 600_000, from });
}

async function soak(total: Counts, minutes: number): Promise<string | undefined> {
  const untilMs = performance.now() + minutes * 60_000;
  for (let leftMs = minutes * 60_000; leftMs > 0; leftMs = untilMs - performance.now()) {
    const failure = await runSimulation({
      total,
      runs: RUNS_AT_ONCE,
      timeLimitMs: leftMs,
      from: undefined,
    });
    if (failure !== undefined) return failure;
    const of = (what: string) => total.byKind.get(what) ?? 0;
    say(
      `${of("runs")} runs, ${of("steps")} steps, ${of("events")} events, ${Math.ceil(leftMs / 60_000)} min left`,
    );
  }
  return undefined;
}

function table({ byKind }: Counts): string {
  const rows = [...byKind].sort(([a], [b]) => a.localeCompare(b));
  return rows.map(([what, times]) => `${String(times).padStart(10)}  ${what}`).join("\n");
}

/** Undefined where they are wrong. */
function readOptions(): { minutes: number } | { from: Seed } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: "string", default: "5" },
        seed: { type: "string" },
        path: { type: "string" },
      },
    });
    const { minutes, seed, path } = values;
    if (seed !== undefined && path !== undefined) return { from: { seed: Number(seed), path } };
    return seed === undefined && path === undefined && Number(minutes) > 0
      ? { minutes: Number(minutes) }
      : undefined;
  } catch {
    return undefined;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

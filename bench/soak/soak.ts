/** `npm run bench:soak`: whether a server is as before when everybody has gone, however they went. */
import { pathToFileURL } from "node:url";
import { buildPrograms } from "../build.ts";
import { thisMachine } from "../machine.ts";
import { spend } from "./evening.ts";
import { type Options, parseOptions } from "./options.ts";
import { jsonOf, tableOf } from "./report.ts";
import { restMs, type Snapshot, snapshotAtRest, snapshotOf } from "./snapshot.ts";
import { SoakedServer } from "./soaked-server.ts";
import { Tally } from "./tally.ts";
import { grown } from "./verdict.ts";
import { Watch } from "./watch.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const command = parseOptions(process.argv.slice(2));
switch (command.kind) {
  case "help":
    process.stdout.write(command.text);
    break;
  case "wrong":
    say(command.sentence);
    process.exitCode = 2;
    break;
  case "run":
    process.exit(await main(command.options).catch(failed));
}

async function main(options: Options): Promise<number> {
  const date = new Date().toISOString();
  const fileOf = await buildPrograms({ probe: `${import.meta.dirname}/probe.ts` });
  const server = await SoakedServer.start(pathToFileURL(fileOf("probe")).href);
  return soak(server, options, date).catch((cause: unknown) => {
    if (server.runs) throw cause;
    say(["The server died.", ...server.errors].join("\n"));
    return 1;
  });
}

async function soak(server: SoakedServer, options: Options, date: string): Promise<number> {
  const tally = new Tally();
  const watch = new Watch(server, tally, say);
  const fresh = snapshotOf(await server.look(), server);
  const rests = await takeTurns(server, tally, watch, options);
  watch.stop();
  const exitCode = await server.stop();
  const problems = problemsOf(rests, server.errors, exitCode);
  const { residentMb } = watch;
  const outcome = { date, machine: thisMachine(), options, tally, fresh, rests, residentMb, problems };
  process.stdout.write(`${tableOf(outcome)}\n${jsonOf(outcome)}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Turns of a minute or less, at least two, so that there is a before and an after. Returns what each rest has shown. */
async function takeTurns(
  server: SoakedServer,
  tally: Tally,
  watch: Watch,
  { minutes, clients }: Options,
): Promise<Snapshot[]> {
  const turns = Math.max(2, Math.ceil(minutes));
  const spentMs = (60_000 * minutes) / turns - restMs;
  const rests: Snapshot[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    watch.stage = `turn ${turn} of ${turns}`;
    await spend(server, tally, clients, spentMs);
    watch.stage = `rest ${turn} of ${turns}`;
    rests.push(await snapshotAtRest(server));
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

function failed(cause: unknown): number {
  say(cause instanceof Error ? cause.message : String(cause));
  return 2;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

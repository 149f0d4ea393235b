/** `npm run bench`: how fast one room hands every line to everyone, and what that costs, beside what others need. */
import { buildPrograms } from "./build.ts";
import type { Job, Outcome } from "./load/job.ts";
import { nameOf } from "./load/line.ts";
import { thisMachine } from "./machine.ts";
import { type Options, parseOptions } from "./options.ts";
import { runProgram } from "./programs.ts";
import { briefOf, grouped, jsonOf, tableOf } from "./report.ts";
import { isFlawless, ordersOf, type Result, type Row, rowsOf } from "./rows.ts";
import { plume } from "./servers/plume.ts";
import { rawPublish } from "./servers/raw-publish.ts";

/** Every server gets this before it is measured, so that what is measured is compiled; gentle enough for each of them. */
const WARM_UP = { deliveriesPerSecond: 200_000, seconds: 0.5 };

const command = parseOptions(process.argv.slice(2));
switch (command.kind) {
  case "help":
    process.stdout.write(command.text);
    break;
  case "wrong":
    say(`${command.sentence}\n`);
    process.exitCode = 2;
    break;
  case "run":
    process.exitCode = await main(command.options).catch(failed);
}

async function main(options: Options): Promise<number> {
  const date = new Date().toISOString();
  const fileOf = await buildPrograms({
    load: `${import.meta.dirname}/load/load.ts`,
    publish: `${import.meta.dirname}/servers/raw-publish-main.ts`,
  });
  const rows = rowsOf(options, [plume, rawPublish(fileOf("publish"))]);
  const results = await runAll(rows, options, fileOf("load"));

  const run = { date, machine: thisMachine(), options };
  process.stdout.write(`${tableOf(run, results)}\n`);
  for (const result of results) process.stdout.write(`${jsonOf(run, result)}\n`);
  return results.every((result) => !result.competitor.promisesAll || isFlawless(result)) ? 0 : 1;
}

async function runAll(rows: readonly Row[], options: Options, loadFile: string): Promise<Result[]> {
  const outcomes = new Map<Row, Outcome[]>(rows.map((row) => [row, []]));
  const turns = ordersOf(rows, options).flatMap((order, round) =>
    order.map((row) => ({ row, round: round + 1 })),
  );
  for (const [done, { row, round }] of turns.entries()) {
    const { competitor, clients, deliveriesPerSecond } = row;
    say(`${done + 1}/${turns.length} round ${round}: ${competitor.name}, ${grouped(clients)} clients, `);
    say(`${grouped(deliveriesPerSecond)}/s … `);
    const outcome = await measure(row, options, loadFile);
    outcomes.get(row)?.push(outcome);
    say(`${briefOf(outcome)}\n`);
  }
  return rows.map((row) => ({ ...row, rounds: outcomes.get(row) ?? [] }));
}

/** Measures a row once, in a fresh server and a fresh load process. */
async function measure(row: Row, options: Options, loadFile: string): Promise<Outcome> {
  const { competitor, clients, deliveriesPerSecond } = row;
  await using server = await competitor.start();
  const job: Job = {
    port: server.port,
    pid: server.pid,
    tokens: Array.from({ length: clients }, (_, client) => server.token(nameOf(client))),
    senders: Math.min(clients, options.senders),
    warmUp: WARM_UP,
    measured: { deliveriesPerSecond, seconds: options.seconds },
  };
  return JSON.parse(await runProgram({ role: "load", file: loadFile }, JSON.stringify(job)));
}

function failed(cause: unknown): number {
  say(`\n${cause instanceof Error ? cause.message : cause}\n`);
  return 2;
}

function say(text: string): void {
  process.stderr.write(text);
}

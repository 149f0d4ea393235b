/** `npm run bench:micro`: how fast the server's parts are alone, beside what one would take instead. */
import { parseArgs } from "node:util";
import { buildPrograms } from "../build.ts";
import { thisMachine } from "../machine.ts";
import { talkTo } from "../programs.ts";
import { jsonOf, tableOf } from "./report.ts";
import { type Job, missingToBar, type Row } from "./row.ts";

const help = `Usage: npm run bench:micro -- [--quick]

Measures channels, followers and both versions of the protocol, each beside what one would take instead.

  --quick  in about 10 s instead of 40; the numbers are rough
  --help   this text

A table and a line of JSON for each row go to stdout.
Exit code: 1 when the channel in batches is below its bar, 2 when something went wrong.
`;

const usual: Job = { rounds: 3, measuredMs: 400, warmUpMs: 100, counted: 100_000 };
const quick: Job = { rounds: 1, measuredMs: 150, warmUpMs: 50, counted: 10_000 };

process.exitCode = await main(process.argv.slice(2)).catch((cause: unknown) => {
  process.stderr.write(`${cause instanceof Error ? cause.message : cause}\n`);
  return 2;
});

async function main(args: string[]): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ args, options: { quick: flag, help: flag } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const run = { date: new Date().toISOString(), machine: thisMachine() };
  const fileOf = await buildPrograms({ measure: `${import.meta.dirname}/measure.ts` });
  const job = JSON.stringify(values.quick ? quick : usual);
  const measuring = talkTo({ role: "load", file: fileOf("measure") }, job);
  measuring.finish();
  const rows: Row[] = JSON.parse(await measuring.next());
  process.stdout.write(`${tableOf(run, rows)}\n`);
  for (const row of rows) process.stdout.write(`${jsonOf(run, row, rows)}\n`);
  return missingToBar(rows) === 0 ? 0 : 1;
}

/** `npm run bench:micro`: how fast the server's parts are alone, beside what one would take instead. */
import { parseArgs } from "node:util";
import { thisMachine } from "../machine.ts";
import { jsonOf, tableOf } from "./report.ts";
import { missingToBar } from "./row.ts";
import { runMicro } from "./run.ts";

const help = `Usage: npm run bench:micro -- [--quick]

Measures channels, followers and both versions of the protocol, each beside what one would take instead.

  --quick  in about 10 s instead of 40; the numbers are rough
  --help   this text

A table and a line of JSON for each row go to stdout.
Exit code: 1 when the channel in batches is below its bar, 2 when something went wrong.
`;

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
  const rows = await runMicro(values.quick ? "quick" : "full");
  process.stdout.write(`${tableOf(run, rows)}\n`);
  for (const row of rows) process.stdout.write(`${jsonOf(run, row, rows)}\n`);
  return missingToBar(rows) === 0 ? 0 : 1;
}

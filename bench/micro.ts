/**
 * `npm run bench:micro`: how fast the server's parts are alone (channels, followers and both versions of the protocol),
 * beside what one would take instead. It counts messages a second and promises for each message, and prints a table and a
 * line of JSON for each row. Exit code: 1 when the channel in batches is below its bar, 2 when something went wrong.
 */
import { CommandLine } from "./common/command-line.ts";
import { grouped, toThousandths } from "./common/figures.ts";
import { describeMachine, type Machine, thisMachine } from "./common/programs.ts";
import { bar, missingToBar, type Row, runMicro } from "./micro/rows.ts";

/** What is the same for all rows of a run. */
interface Run {
  /** ISO 8601. */
  date: string;
  machine: Machine;
}

const cli = new CommandLine("npm run bench:micro --", {
  description:
    "Measures channels, followers and both versions of the protocol, each beside what one would take instead.",
  after:
    "A table and a line of JSON for each row go to stdout.\n" +
    "Exit code: 1 when the channel in batches is below its bar, 2 when something went wrong.",
});
const isQuick = cli.flag("--quick", "in about 10 s instead of 40; the numbers are rough");

await cli.run(isQuick, async (quick) => {
  const run = { date: new Date().toISOString(), machine: thisMachine() };
  const rows = await runMicro(quick ? "quick" : "full");
  process.stdout.write(`${tableOf(run, rows)}\n`);
  for (const row of rows) process.stdout.write(`${jsonOf(run, row, rows)}\n`);
  return missingToBar(rows) === 0 ? 0 : 1;
});

/** The table for people. */
function tableOf({ date, machine }: Run, rows: readonly Row[]): string {
  const missing = missingToBar(rows);
  const reached = missing === 0 ? "reached" : `missed by ${grouped(missing)}`;
  return [
    `Parts of the server one by one, ${date}`,
    `${describeMachine(machine)}; ${machine.pinned ? "on core 1" : "on any core"}`,
    "Messages a second of the median run; relative to the first row of each group; promises of sender and receiver together.",
    ...rows.flatMap((row, at) => linesOf(row, firstOf(rows, row), rows[at - 1]?.group !== row.group)),
    "",
    `The bar, ${bar.name}: at least ${grouped(bar.messagesPerSecond)} messages a second, was ${reached}.`,
  ].join("\n");
}

/** A row for programs. */
function jsonOf(run: Run, row: Row, rows: readonly Row[]): string {
  const atLeast = row.name === bar.name ? { messagesPerSecondMin: bar.messagesPerSecond } : {};
  return JSON.stringify({
    bench: "micro",
    ...row,
    messagesPerSecond: Math.round(row.messagesPerSecond),
    relative: toThousandths(relative(row, firstOf(rows, row))),
    ...atLeast,
    ...run,
  });
}

function linesOf(row: Row, first: Row, isFirst: boolean): string[] {
  const nameWidth = 50;
  const titles = `${"messages/s".padStart(14)}${"relative".padStart(11)}${"promises/message".padStart(19)}`;
  const cells = [
    `  ${row.name}`.padEnd(nameWidth),
    grouped(row.messagesPerSecond).padStart(14),
    `× ${relative(row, first).toFixed(2)}`.padStart(11),
    row.promisesPerMessage.toFixed(3).padStart(19),
  ];
  return [...(isFirst ? ["", row.group.padEnd(nameWidth) + titles] : []), cells.join("")];
}

function firstOf(rows: readonly Row[], row: Row): Row {
  return rows.find(({ group }) => group === row.group) ?? row;
}

function relative(row: Row, first: Row): number {
  return row.messagesPerSecond / first.messagesPerSecond;
}

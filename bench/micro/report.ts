import type { Machine } from "../machine.ts";
import { grouped } from "../text.ts";
import { bar, missingToBar, type Row } from "./row.ts";

/** What is the same for all rows of a run. */
export interface Run {
  /** ISO 8601. */
  date: string;
  machine: Machine;
}

/** The table for people. */
export function tableOf({ date, machine }: Run, rows: readonly Row[]): string {
  const { cpu, cores, memoryGb, system, node, pinned } = machine;
  const where = pinned ? "on core 1" : "on any core";
  const missing = missingToBar(rows);
  const reached = missing === 0 ? "reached" : `missed by ${grouped(missing)}`;
  return [
    `Parts of the server one by one, ${date}`,
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${where}`,
    "Messages a second of the median run; relative to the first row of each group; promises of sender and receiver together.",
    ...rows.flatMap((row, at) => linesOf(row, firstOf(rows, row), rows[at - 1]?.group !== row.group)),
    "",
    `The bar, ${bar.name}: at least ${grouped(bar.messagesPerSecond)} messages a second, was ${reached}.`,
  ].join("\n");
}

/** A row for programs. */
export function jsonOf(run: Run, row: Row, rows: readonly Row[]): string {
  const atLeast = row.name === bar.name ? { messagesPerSecondMin: bar.messagesPerSecond } : {};
  return JSON.stringify({
    bench: "micro",
    ...row,
    messagesPerSecond: Math.round(row.messagesPerSecond),
    relative: Math.round(1000 * relative(row, firstOf(rows, row))) / 1000,
    ...atLeast,
    ...run,
  });
}

const NAME_WIDTH = 50;
const titles = `${"messages/s".padStart(14)}${"relative".padStart(11)}${"promises/message".padStart(19)}`;

function linesOf(row: Row, first: Row, isFirst: boolean): string[] {
  const cells = [
    `  ${row.name}`.padEnd(NAME_WIDTH),
    grouped(row.messagesPerSecond).padStart(14),
    `× ${relative(row, first).toFixed(2)}`.padStart(11),
    row.promisesPerMessage.toFixed(3).padStart(19),
  ];
  return [...(isFirst ? ["", row.group.padEnd(NAME_WIDTH) + titles] : []), cells.join("")];
}

function firstOf(rows: readonly Row[], row: Row): Row {
  return rows.find(({ group }) => group === row.group) ?? row;
}

function relative(row: Row, first: Row): number {
  return row.messagesPerSecond / first.messagesPerSecond;
}

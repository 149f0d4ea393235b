import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Findings, Scenario } from "./scenarios/scenario.ts";
import { aligned } from "./text.ts";

/** What is the same for all rows of a run. */
export interface Run {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: Options;
}

/** What a scenario has found. */
export interface Chapter {
  scenario: Scenario;
  findings: Findings;
}

/** The tables for people, with what to know to read them, and the bars at the end. */
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
export function placeOf({ cpu, cores, memoryGb, system, node, pinned }: Machine): string {
  const where = pinned ? "server on core 0, load on core 1" : "server and load on any core";
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${where}`;
}

/** A line for each row and each bar, for programs. */
export function linesOf(run: Run, chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ scenario, findings }) => [
    ...findings.rows.map((row) => JSON.stringify({ bench: scenario.name, ...row, ...run })),
    ...findings.bars.map((bar) => JSON.stringify({ bench: scenario.name, ...bar, ...run })),
  ]);
}

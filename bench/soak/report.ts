import type { Machine } from "../machine.ts";
import { grouped } from "../text.ts";
import { plotOf } from "./course.ts";
import type { Options } from "./options.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Tally } from "./tally.ts";
import { figure, rules } from "./verdict.ts";

/** What a soak has seen. */
export interface Outcome {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: Options;
  tally: Tally;
  /** Before anybody came. */
  fresh: Snapshot;
  /** At rest after each turn; the first was to warm up. */
  rests: readonly Snapshot[];
  /** Resident memory, second by second. */
  residentMb: readonly number[];
  /** What is wrong, one sentence each. */
  problems: readonly string[];
}

/** The tables for people. */
export function tableOf({
  date,
  machine,
  options,
  tally,
  fresh,
  rests,
  residentMb,
  problems,
}: Outcome): string {
  const { cpu, cores, memoryGb, system, node } = machine;
  const endings = Object.entries(tally.endings).sort(([, a], [, b]) => b - a);
  const titles = ["at rest", "fresh", ...rests.map((_, at) => (at === 0 ? "warm" : `turn ${at + 1}`))];
  const rows = rules.map(({ measure, name }) => [
    name,
    ...[fresh, ...rests].map((snapshot) => figure(snapshot[measure])),
  ]);
  return [
    `Soak, ${options.minutes} min with ${options.clients} clients at a time, ${date}`,
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}`,
    `${grouped(tally.visits)} connections, ${grouped(tally.said)} lines said, ${grouped(tally.heard)} frames heard, ` +
      `${grouped(tally.refused)} refusals, ${grouped(tally.gaps)} gaps`,
    `Ended: ${endings.map(([how, count]) => `${how} ${grouped(count)}`).join(", ")}`,
    "",
    ...[titles, ...rows].map(([name = "", ...cells]) =>
      [name.padEnd(22), ...cells.map((cell) => cell.padStart(8))].join(""),
    ),
    "",
    "Resident memory",
    ...plotOf(residentMb, "MB"),
    "",
    ...(problems.length === 0 ? ["Everything returned to where it was."] : problems),
  ].join("\n");
}

/** All of it for programs. */
export function jsonOf({ rests, ...outcome }: Outcome): string {
  return JSON.stringify({ bench: "soak", before: rests.at(0), after: rests.at(-1), rests, ...outcome });
}

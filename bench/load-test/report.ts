import { grouped } from "../text.ts";
import { counted, inTenths, ms } from "./figures.ts";
import { histogramOf } from "./histogram.ts";
import type { Faults, Ledger } from "./ledger.ts";
import type { Options } from "./options.ts";
import type { Step } from "./step.ts";

/** What a run came to, for people. */
export function reportOf({ url, version }: Options, ledger: Ledger, wasInterrupted: boolean): string {
  return [
    `Load on ${url}, version ${version}${wasInterrupted ? ", interrupted" : ""}`,
    "",
    ...tableOf(ledger.steps),
    "",
    ...histogramOf(ledger.latencyUs),
    "",
    ...remarksOf(ledger),
    verdictOf(ledger),
    "",
  ].join("\n");
}

/** One line about a step. */
export function briefOf(step: Step, at: number, of: number): string {
  const { load, sent, refused, delivered, missing, latencyUs, seating } = step;
  const parts = [
    `${at}/${of}: ${counted(seating.audience, "client")}`,
    counted(load.rooms, "room"),
    `${inTenths(load.rate)} lines/s in each`,
    `${grouped(sent)} sent`,
    `${grouped(delivered)} delivered`,
    ...(refused > 0 ? [`${grouped(refused)} refused`] : []),
    ...(missing > 0 ? [`${grouped(missing)} not yet`] : []),
    `p99 ${ms(latencyUs, 99)} ms`,
  ];
  return parts.join(", ");
}

/** What is wrong, in words; empty where all is well. */
export function faultsIn(faults: Faults): string[] {
  return [
    counted(faults.closed, "client closed", "clients closed"),
    counted(faults.notIn, "client could not come in", "clients could not come in"),
    counted(faults.lost, "delivery lost", "deliveries lost"),
    counted(faults.doubled, "delivery doubled", "deliveries doubled"),
    counted(faults.reordered, "delivery reordered", "deliveries reordered"),
    counted(faults.numbersMissing, "number missing", "numbers missing"),
    counted(faults.numbersDoubled, "number doubled", "numbers doubled"),
    counted(faults.numbersReordered, "number reordered", "numbers reordered"),
    counted(faults.unanswered, "line not answered", "lines not answered"),
    counted(faults.strayAnswers, "answer to nothing", "answers to nothing"),
    counted(faults.misnumberedAcks, "ack with a wrong number", "acks with a wrong number"),
    counted(faults.unreadable, "unreadable frame", "unreadable frames"),
  ].filter((fault) => !fault.startsWith("0 "));
}

function verdictOf(ledger: Ledger): string {
  const faults = faultsIn(ledger.faults);
  if (faults.length > 0) return `Not well: ${faults.join(", ")}.`;
  const sent = ledger.steps.reduce((sum, step) => sum + step.sent, 0);
  const refused = ledger.steps.reduce((sum, step) => sum + step.refused, 0);
  const delivered = ledger.steps.reduce((sum, step) => sum + step.delivered, 0);
  return (
    `All is well: ${counted(sent, "line")} sent, ${grouped(refused)} refused, ` +
    `${grouped(delivered)} delivered: nothing lost, doubled or reordered.`
  );
}

const titles = [
  "clients",
  "rooms",
  "lines/s",
  "sent",
  "refused",
  "delivered",
  "delivered/s",
  "lost",
  "p50 ms",
  "p99 ms",
  "max ms",
];

function tableOf(steps: readonly Step[]): string[] {
  const rows = [titles, ...steps.map(cellsOf)];
  const widths = titles.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

function cellsOf(step: Step): string[] {
  const { load, seating, sent, refused, delivered, missing, latencyUs, lastedMs } = step;
  return [
    grouped(seating.audience),
    grouped(load.rooms),
    inTenths(load.rate * load.rooms),
    grouped(sent),
    grouped(refused),
    grouped(delivered),
    grouped((1_000 * delivered) / Math.max(1, lastedMs)),
    grouped(missing),
    ms(latencyUs, 50),
    ms(latencyUs, 99),
    ms(latencyUs, 100),
  ];
}

function remarksOf(ledger: Ledger): string[] {
  const remarks = [...ledger.remarks].map(([remark, times]) => `${grouped(times)} × ${remark}`);
  return remarks.length > 0 ? [...remarks, ""] : [];
}

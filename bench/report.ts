import type { Outcome } from "./load/job.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { DISTURBED_MAX, isDisturbed, isLoadSaturated, medianOf, type Result, sumOf } from "./rows.ts";

/** What is the same for all rows of a run. */
export interface Run {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  options: Options;
}

/** The table for people, with what to know to read it. */
export function tableOf({ date, machine, options }: Run, results: readonly Result[]): string {
  const { cpu, cores, memoryGb, system, node, pinned } = machine;
  const where = pinned ? "server on core 0, load on core 1" : "server and load on any core";
  const { senders, rounds, seconds, seed } = options;
  return [
    `Fan-out in one room, ${date}`,
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${where}`,
    `Medians of ${rounds} rounds of ${seconds} s, seed ${seed}; lost, doubled and reordered are sums of all rounds.`,
    `Up to ${senders} clients talk. Latency is from when a line was to be sent, by a timer of 1 ms, to when a client had it.`,
    "",
    ...aligned([titles, ...results.map(cellsOf)]),
    "",
    ...(results.some(isLoadSaturated) ? [saturatedNote] : []),
    ...(results.some(isDisturbed) ? [disturbedNote] : []),
    ...results.flatMap(remarksOf),
  ].join("\n");
}

/** A row for programs: the medians, and what each round saw. */
export function jsonOf(run: Run, result: Result): string {
  const { competitor, clients, deliveriesPerSecond, rounds } = result;
  return JSON.stringify({
    bench: "fan-out",
    server: competitor.name,
    clients,
    offeredPerSecond: deliveriesPerSecond,
    deliveredPerSecond: rounded(medianOf(result, "deliveredPerSecond")),
    lost: sumOf(result, "lost"),
    doubled: sumOf(result, "doubled"),
    reordered: sumOf(result, "reordered"),
    latencyP50Ms: rounded(medianOf(result, "latencyP50Ms")),
    latencyP99Ms: rounded(medianOf(result, "latencyP99Ms")),
    serverCpuUsPerDelivery: rounded(medianOf(result, "serverCpuUsPerDelivery")),
    serverMemoryMb: rounded(medianOf(result, "serverMemoryMb")),
    loadCpu: rounded(medianOf(result, "loadCpu")),
    loadSaturated: isLoadSaturated(result),
    disturbed: rounded(medianOf(result, "disturbed")),
    rounds,
    ...run,
  });
}

/** What to say of one round while the next ones run. */
export function briefOf({ deliveredPerSecond, latencyP99Ms, lost, disturbed }: Outcome): string {
  const losses = lost === 0 ? "" : `, ${grouped(lost)} lost`;
  const waits = disturbed > DISTURBED_MAX ? `, disturbed for ${percent(disturbed)}` : "";
  return `${grouped(deliveredPerSecond)}/s, p99 ${latencyP99Ms.toFixed(1)} ms${losses}${waits}`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

const SATURATED = "*";
const saturatedNote = `${SATURATED} The load process had no CPU time left: it may have measured itself.`;
const DISTURBED = "!";
const disturbedNote = `${DISTURBED} Server or load had to wait for its core: run it again on a quiet machine.`;
const titles = [
  "clients",
  "offered/s",
  "server",
  "delivered/s",
  "lost",
  "doubled",
  "reordered",
  "p50 ms",
  "p99 ms",
  "CPU µs/delivery",
  "memory MB",
  "load CPU ",
  "disturbed ",
];

function cellsOf(result: Result): string[] {
  const { competitor, clients, deliveriesPerSecond } = result;
  return [
    grouped(clients),
    grouped(deliveriesPerSecond),
    competitor.name,
    grouped(medianOf(result, "deliveredPerSecond")),
    grouped(sumOf(result, "lost")),
    grouped(sumOf(result, "doubled")),
    grouped(sumOf(result, "reordered")),
    medianOf(result, "latencyP50Ms").toFixed(1),
    medianOf(result, "latencyP99Ms").toFixed(1),
    medianOf(result, "serverCpuUsPerDelivery").toFixed(2),
    medianOf(result, "serverMemoryMb").toFixed(0),
    percent(medianOf(result, "loadCpu")) + (isLoadSaturated(result) ? SATURATED : " "),
    percent(medianOf(result, "disturbed")) + (isDisturbed(result) ? DISTURBED : " "),
  ];
}

/** Pads the columns to their widest cells: numbers to the right, names to the left. */
function aligned(lines: readonly string[][]): string[] {
  const widths = titles.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return titles[column] === "server" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  "),
  );
}

function remarksOf({ competitor, clients, deliveriesPerSecond, rounds }: Result): string[] {
  const where = `${competitor.name}, ${grouped(clients)} clients, ${grouped(deliveriesPerSecond)}/s`;
  return rounds.flatMap(({ remarks }, at) =>
    Object.entries(remarks).map(
      ([remark, count]) => `${where}, round ${at + 1}: ${grouped(count)} × ${remark}`,
    ),
  );
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}

import type { WriteStream } from "node:tty";
import { aligned, counted, grouped, inTenths } from "../common/figures.ts";
import type { Latencies } from "../common/lines.ts";
import { type Ledger, type StageResult, sum } from "./ledger.ts";
import type { Options } from "./options.ts";
import type { Progress } from "./run.ts";

/** What a run came to, for people. */
export function reportOf({ url, version }: Options, ledger: Ledger, wasInterrupted: boolean): string {
  const remarks = [...ledger.remarks].map(([remark, times]) => `${grouped(times)} × ${remark}`);
  return [
    `Load on ${url}, version ${version}${wasInterrupted ? ", interrupted" : ""}`,
    "",
    ...aligned([titles, ...ledger.results.map(cellsOf)]),
    "",
    ...histogramOf(ledger.latencies),
    "",
    ...(remarks.length > 0 ? [...remarks, ""] : []),
    verdictOf(ledger),
    "",
  ].join("\n");
}

/** On a terminal one line that rewrites itself, and stays when a stage is done; elsewhere a line for each stage. */
export function progressOn(output: WriteStream): Progress {
  const rewrite = (text: string) => {
    if (output.isTTY) output.write(`${START_AND_CLEAR}${text.slice(0, (output.columns || 80) - 1)}`);
  };
  return {
    entering: (clients, of) => rewrite(`coming in: ${clients} of ${of} clients`),
    going: (result, at, of) => rewrite(briefOf(result, at, of)),
    done(result, at, of) {
      output.write(`${output.isTTY ? START_AND_CLEAR : ""}${briefOf(result, at, of)}\n`);
    },
  };
}

/** Moves to the start of the line and clears it. */
const START_AND_CLEAR = "\r\x1b[2K";

/** One line about a stage. */
function briefOf(result: StageResult, at: number, of: number): string {
  const { stage, sent, refused, delivered, missing, latencies, participants } = result;
  const parts = [
    `${at}/${of}: ${counted(participants.listeners, "client")}`,
    counted(stage.rooms, "room"),
    `${inTenths(stage.rate)} lines/s in each`,
    `${grouped(sent)} sent`,
    `${grouped(delivered)} delivered`,
    ...(refused > 0 ? [`${grouped(refused)} refused`] : []),
    ...(missing > 0 ? [`${grouped(missing)} not yet`] : []),
    `p99 ${ms(latencies, 99)} ms`,
  ];
  return parts.join(", ");
}

function verdictOf({ faults, results }: Ledger): string {
  if (faults.length > 0) return `Not well: ${faults.join(", ")}.`;
  return (
    `All is well: ${counted(sum(results, "sent"), "line")} sent, ${grouped(sum(results, "refused"))} refused, ` +
    `${grouped(sum(results, "delivered"))} delivered: nothing lost, doubled or reordered.`
  );
}

const titles = [
  ...["clients", "rooms", "lines/s", "sent", "refused", "delivered", "delivered/s", "lost"],
  ...["p50 ms", "p99 ms", "max ms"],
];

function cellsOf(result: StageResult): string[] {
  const { stage, participants, sent, refused, delivered, missing, latencies, lastedMs } = result;
  return [
    grouped(participants.listeners),
    grouped(stage.rooms),
    inTenths(stage.rate * stage.rooms),
    grouped(sent),
    grouped(refused),
    grouped(delivered),
    grouped((1_000 * delivered) / Math.max(1, lastedMs)),
    grouped(missing),
    ms(latencies, 50),
    ms(latencies, 99),
    ms(latencies, 100),
  ];
}

const PERCENTILES = [50, 75, 90, 99, 99.9, 99.99, 100];
/** Everything faster is in one bar. */
const FIRST_BAR_US = 250;
/** Of the longest bar. */
const BAR_CHARACTERS = 50;

/** Percentiles, and a bar for each doubling of the latency: up to 0.25 ms, 0.5 ms, 1 ms … */
function histogramOf(latencies: Latencies): string[] {
  if (latencies.count === 0) return ["Nothing was delivered."];
  const percentiles = PERCENTILES.map((p) => `${p === 100 ? "max" : `p${p}`} ${ms(latencies, p)}`);
  const bars = barsOf(latencies);
  const most = Math.max(...bars.values());
  return [
    `Latency, from when a line was to be sent to when a client had it, of ${counted(latencies.count, "delivery", "deliveries")}:`,
    `${percentiles.join(", ")} ms`,
    ...[...bars].map(([upToUs, count]) => {
      const bar = "█".repeat(Math.ceil((BAR_CHARACTERS * count) / most));
      return `  up to ${String(upToUs / 1_000).padStart(8)} ms ${grouped(count).padStart(13)} ${bar}`;
    }),
  ];
}

/** How many took longer than the bar before and up to so many µs; no bar is left out between two others. */
function barsOf(latencies: Latencies): Map<number, number> {
  const bars = new Map<number, number>();
  let upToUs = FIRST_BAR_US;
  for (const { latencyUs, count } of latencies.recorded()) {
    for (; latencyUs > upToUs; upToUs *= 2) {
      if (bars.size > 0 && !bars.has(upToUs)) bars.set(upToUs, 0);
    }
    bars.set(upToUs, (bars.get(upToUs) ?? 0) + count);
  }
  return bars;
}

/** "0.5"; "–" where nothing was delivered. */
function ms(latencies: Latencies, percentile: number): string {
  return latencies.count === 0 ? "–" : latencies.percentileMs(percentile).toFixed(1);
}

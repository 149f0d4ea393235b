import type { Int32Histogram } from "hdr-histogram-js";
import { grouped } from "../text.ts";
import { counted, ms } from "./figures.ts";

const PERCENTILES = [50, 75, 90, 99, 99.9, 99.99, 100];
/** Whatever is faster is in one bar. */
const FIRST_BAR_US = 250;
/** Of the longest bar. */
const BAR_CHARACTERS = 50;

/** Percentiles, and a bar for each doubling of the latency: up to 0.25 ms, 0.5 ms, 1 ms … */
export function histogramOf(latencyUs: Int32Histogram): string[] {
  if (latencyUs.totalCount === 0) return ["Nothing was delivered."];
  const percentiles = PERCENTILES.map((p) => `${p === 100 ? "max" : `p${p}`} ${ms(latencyUs, p)}`);
  const bars = barsOf(latencyUs);
  const most = Math.max(...bars.values());
  return [
    `Latency, from when a line was to be sent to when a client had it, of ${counted(latencyUs.totalCount, "delivery", "deliveries")}:`,
    `${percentiles.join(", ")} ms`,
    ...[...bars].map(([upToUs, count]) => {
      const bar = "█".repeat(Math.ceil((BAR_CHARACTERS * count) / most));
      return `  up to ${String(upToUs / 1_000).padStart(8)} ms ${grouped(count).padStart(13)} ${bar}`;
    }),
  ];
}

/** How many took longer than the bar before and up to so many µs; no bar is left out between two others. */
function barsOf(latencyUs: Int32Histogram): Map<number, number> {
  const bars = new Map<number, number>();
  const values = latencyUs.recordedValuesIterator;
  values.reset();
  let upToUs = FIRST_BAR_US;
  while (values.hasNext()) {
    const { valueIteratedTo, countAtValueIteratedTo } = values.next();
    for (; valueIteratedTo > upToUs; upToUs *= 2) {
      if (bars.size > 0 && !bars.has(upToUs)) bars.set(upToUs, 0);
    }
    bars.set(upToUs, (bars.get(upToUs) ?? 0) + countAtValueIteratedTo);
  }
  return bars;
}

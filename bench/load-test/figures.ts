import type { Int32Histogram } from "hdr-histogram-js";
import { grouped } from "../text.ts";

/** For people: "0.5", "12". */
export function inTenths(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}

/** "1 client", "2 clients". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A percentile of latencies in µs, in ms. */
export function ms(latencyUs: Int32Histogram, percentile: number): string {
  return latencyUs.totalCount === 0 ? "–" : (latencyUs.getValueAtPercentile(percentile) / 1_000).toFixed(1);
}

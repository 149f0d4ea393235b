import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type Metric, metricsTable, type Stats } from "./table.ts";

/** What does not change while a server runs. */
export interface Build {
  readonly version: string;
  readonly transport: string;
  readonly node: string;
}

/** The metrics as Prometheus reads them. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** @param stats is called when somebody reads the metrics, and at no other time. */
export function createMetrics(stats: () => Stats, build: Build): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const metric of metricsTable) register(registry, metric, stats);
  const info = new Gauge({
    name: "plume_build_info",
    help: "1, with what is running",
    labelNames: ["version", "transport", "node"],
    registers: [registry],
  });
  info.set({ ...build }, 1);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

function register(registry: Registry, { name, type, label, help, read }: Metric, stats: () => Stats): void {
  const labelNames = label === undefined ? [] : [label];
  const options = { name, help, labelNames, registers: [registry] };
  const labelsOf = (value: string) => (label === undefined ? {} : { [label]: value });
  if (type === "gauge") {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const [value, count] of read(stats())) this.set(labelsOf(value), count);
      },
    });
  } else {
    new Counter({
      ...options,
      collect() {
        this.reset();
        for (const [value, count] of read(stats())) this.inc(labelsOf(value), count);
      },
    });
  }
}

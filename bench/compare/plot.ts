import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { type Chapter, placeOf, type Run } from "./report.ts";

/**
 * Draws fan-out as SVG: what was offered against latency and against what came, a panel for each number of clients, a line
 * for each server. @param servers in the order of the legend.
 */
export function plotOf(run: Run, chapters: readonly Chapter[], servers: readonly string[]): Promise<string> {
  const rows = chapters
    .filter(({ scenario }) => scenario.name === "fan-out")
    .flatMap(({ findings }) => findings.rows.map(({ rounds: _, ...row }) => row));
  return new View(parse(compile(specOf(run, rows, servers)).spec), { renderer: "none" }).toSVG();
}

/** Okabe and Ito's palette, which the colour-blind can tell apart. */
const colors = ["#0072b2", "#009e73", "#e69f00", "#cc79a7", "#d55e00"];
const PANEL = { width: 240, height: 170 };

function specOf(run: Run, rows: Record<string, unknown>[], servers: readonly string[]): TopLevelSpec {
  const { rounds, seconds } = run.options;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 16,
    title: {
      text: "One room, everyone gets every line",
      subtitle: [
        `${run.date.slice(0, 10)}, ${placeOf(run.machine)}`,
        `Medians of up to ${rounds} rounds of ${seconds} s. Latency is from when a line was to be sent; what has not come counts as waited for.`,
      ],
      anchor: "start",
      fontSize: 16,
      subtitleFontSize: 12,
      subtitleColor: "#444",
      offset: 14,
    },
    data: { values: rows },
    transform: [
      { calculate: "min(100, 100 * datum.deliveredPerSecond / datum.offeredPerSecond)", as: "share" },
      { calculate: "format(datum.clients, ',') + ' clients'", as: "room" },
    ],
    vconcat: [
      panels("latencyP99Ms", "p99 latency, ms", { type: "log" }, servers),
      panels("share", "delivered in time, % of offered", { domain: [0, 100] }, servers),
    ],
    config: {
      font: "sans-serif",
      axis: { labelFontSize: 11, titleFontSize: 12, gridColor: "#e4e4e4" },
      legend: { labelFontSize: 12, titleFontSize: 12 },
      view: { stroke: "#ccc" },
    },
  };
}

/** A row of panels, one for each number of clients. */
function panels(
  field: string,
  title: string,
  scale: { type: "log" } | { domain: [number, number] },
  servers: readonly string[],
) {
  const offered = {
    field: "offeredPerSecond",
    type: "quantitative" as const,
    scale: { type: "log" as const, nice: false },
    axis: { format: "~s", title: "deliveries offered a second", tickCount: 4 },
  };
  return {
    facet: {
      column: {
        field: "room",
        type: "nominal" as const,
        sort: { field: "clients" },
        header: { title: null, labelFontSize: 13, labelFontWeight: "bold" as const },
      },
    },
    spec: {
      ...PANEL,
      mark: { type: "line" as const, point: { size: 45 }, strokeWidth: 2 },
      encoding: {
        x: offered,
        y: { field, type: "quantitative" as const, scale, axis: { title, format: "~s", tickCount: 5 } },
        color: {
          field: "server",
          type: "nominal" as const,
          scale: { domain: [...servers], range: colors },
          legend: { title: "server" },
        },
      },
    },
  };
}

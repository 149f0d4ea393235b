import { describe, expect, it } from "vitest";
import { Counters } from "../../src/metrics/counters.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { type Metric, metricsTable, type Stats } from "../../src/metrics/table.ts";

/** What is wrong with a name by Prometheus' rules (https://prometheus.io/docs/practices/naming/), as promtool has it. */
function problemsOf({ name, type, help, label }: Pick<Metric, "name" | "type" | "help" | "label">): string[] {
  const rules: [boolean, string][] = [
    [/^plume(_[a-z]+)+$/.test(name), "is not plume_ and words in small letters"],
    [(type === "counter") === name.endsWith("_total"), "ends with _total, or not, as the other type should"],
    [
      !/_(milliseconds|ms|minutes|kilobytes|mib|megabytes|percent|count|sum|bucket)(_|$)/.test(name),
      "has no base unit",
    ],
    [!name.includes("bytes") || /_bytes(_total)?$/.test(name), "has its unit in the middle"],
    [!/_(gauge|counter)(_|$)/.test(name), "has its type in the name"],
    [help !== "" && !help.includes("\n"), "has no help on one line"],
    [
      label === undefined ||
        (/^[a-z]+$/.test(label) && !["le", "quantile", "job", "instance"].includes(label)),
      "has a wrong label",
    ],
    [label === undefined || !name.includes(`_${label}_`), "has its label in the name"],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${name} ${problem}`);
}

describe("the names of metrics", () => {
  it("are as Prometheus wants them, and each is there once", () => {
    expect(metricsTable.flatMap(problemsOf)).toEqual([]);
    const names = metricsTable.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each<[string, Partial<Metric>]>([
    ["counters without _total", { name: "plume_logins" }],
    ["gauges with it", { type: "gauge" }],
    ["other units", { name: "plume_wait_ms_total" }],
    ["no help", { help: "" }],
    ["a label that Prometheus needs", { label: "instance" }],
    ["capitals", { name: "plume_loginsTried_total" }],
  ])("and the check finds %s", (_, wrong) => {
    const right = { name: "plume_logins_total", type: "counter", help: "tried", label: "result" } as const;
    expect(problemsOf(right)).toEqual([]);
    expect(problemsOf({ ...right, ...wrong })).not.toEqual([]);
  });
});

describe("the metrics", () => {
  it("have no value that is not the server's, however often they are read", async () => {
    const counters = new Counters();
    const stats: Stats = {
      counters,
      connections: { 1: 3, 2: 4 },
      people: 5,
      rooms: 6,
      memberships: 7,
      mailsWaiting: 8,
      budgets: [{ name: "unsent", usedBytes: 9, maxBytes: 10 }],
      ceilingBytes: 11,
      droppedLines: { stdout: 12, stderr: 13 },
    };
    const metrics = createMetrics(() => stats, { version: "1", transport: "ws", node: "v20" });
    counters.closed.add(4003);
    counters.closed.add(4003);
    await metrics.text();
    const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("plume_"));
    expect(lines).toEqual([
      'plume_connections{version="1"} 3',
      'plume_connections{version="2"} 4',
      'plume_connections_closed_total{code="4003"} 2',
      "plume_mails_waiting 8",
      "plume_people 5",
      "plume_rooms 6",
      "plume_memberships 7",
      "plume_frames_sent_total 0",
      "plume_sent_bytes_total 0",
      'plume_lines_dropped_total{output="stdout"} 12',
      'plume_lines_dropped_total{output="stderr"} 13',
      'plume_memory_used_bytes{budget="unsent"} 9',
      'plume_memory_max_bytes{budget="unsent"} 10',
      "plume_memory_ceiling_bytes 11",
      'plume_build_info{version="1",transport="ws",node="v20"} 1',
    ]);
  });
});

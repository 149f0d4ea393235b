import type { Measure, Snapshot } from "./snapshot.ts";

interface Rule {
  measure: Measure;
  /** For people. */
  name: string;
  /** How much more than before is no leak: what was there, in parts … */
  share: number;
  /** … and as a number. */
  more: number;
}

/** What is compared, in the order of the report. Actors are exact; memory is rounded up by those who hand it out. */
export const rules: readonly Rule[] = [
  exact("connections", "connection actors"),
  exact("clients", "clients in rooms"),
  exact("rooms", "room actors"),
  exact("channels", "channels"),
  exact("followers", "followers"),
  exact("deadlines", "deadlines"),
  exact("timers", "timers"),
  exact("promises", "promises"),
  exact("handles", "handles"),
  exact("sockets", "sockets"),
  exact("descriptors", "descriptors"),
  { measure: "heapMb", name: "heap MB, after GC", share: 0.05, more: 1 },
  { measure: "externalMb", name: "external MB, after GC", share: 0.05, more: 1 },
  { measure: "residentMb", name: "resident MB", share: 0.15, more: 4 },
];

/** What has grown between two rests, one sentence each. */
export function grown(before: Snapshot, after: Snapshot): string[] {
  return rules.flatMap(({ measure, name, share, more }) => {
    const allowed = before[measure] * (1 + share) + more;
    if (after[measure] <= allowed) return [];
    return [`${name}: ${figure(before[measure])} before, ${figure(after[measure])} after.`];
  });
}

/** Counts as they are, memory with a decimal. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function exact(measure: Measure, name: string): Rule {
  return { measure, name, share: 0, more: 0 };
}

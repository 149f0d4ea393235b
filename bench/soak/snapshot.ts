/** The classes whose instances are counted, and the built modules that have them. */
export const countedClasses = {
  Connection: "server/connection.js",
  Client: "chat/client.js",
  Room: "chat/room.js",
  Channel: "channel/channel.js",
  Follower: "channel/follower.js",
  Deadline: "actor/deadline.js",
} as const;

/** What is counted; `Timeout` is the class of Node's timers. */
export type Counted = keyof typeof countedClasses | "Timeout" | "Promise";

/** What the probe tells of the server's process after a garbage collection. */
export interface ProbeReport {
  heapMb: number;
  /** Outside the heap, buffers included. */
  externalMb: number;
  /** Objects that are reachable. */
  objects: Record<Counted, number>;
  /** What keeps Node's event loop busy: how many of each type. */
  resources: Record<string, number>;
}

/** What can be seen of a server from outside, at any time and at no cost to it. */
export interface OutsideView {
  residentMb: number;
  descriptors: number;
  /** Those of them that are sockets. */
  sockets: number;
}

/** The numbers of a server at rest, which have to be again as they were. */
export interface Snapshot extends OutsideView {
  heapMb: number;
  externalMb: number;
  handles: number;
  timers: number;
  connections: number;
  clients: number;
  rooms: number;
  channels: number;
  followers: number;
  deadlines: number;
  promises: number;
}

type Measure = keyof Snapshot;

export function snapshotOf(
  outside: OutsideView,
  { heapMb, externalMb, objects, resources }: ProbeReport,
): Snapshot {
  return {
    ...outside,
    heapMb,
    externalMb,
    handles: Object.values(resources).reduce((sum, count) => sum + count, 0),
    timers: objects.Timeout,
    connections: objects.Connection,
    clients: objects.Client,
    rooms: objects.Room,
    channels: objects.Channel,
    followers: objects.Follower,
    deadlines: objects.Deadline,
    promises: objects.Promise,
  };
}

interface Rule {
  measure: Measure;
  /** For people. */
  name: string;
  /** How much more than before is no leak: as a part of what was there … */
  share: number;
  /** … and as a number. */
  more: number;
}

/** What is compared, in the order of the report. Counts are exact; allocators round memory up. */
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

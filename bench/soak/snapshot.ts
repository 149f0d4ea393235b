import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../src/limits.ts";
import type { Look } from "./look.ts";
import type { SoakedServer } from "./soaked-server.ts";

/** What has to be again as it was: numbers that a server at rest shows. */
export interface Snapshot {
  residentMb: number;
  heapMb: number;
  externalMb: number;
  descriptors: number;
  sockets: number;
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

export type Measure = keyof Snapshot;

/** How long a rest takes when nobody is late: who was lost is gone from every room by then, and what is sent again and again has stopped. */
export const restMs = limits.graceMs + 3000;
/** How long after that the last connections may take to end: about what uWebSockets gives a client that reads nothing. */
const LATE_MS_MAX = 30_000;

/** Waits until the server is at rest, and looks. */
export async function snapshotAtRest(server: SoakedServer): Promise<Snapshot> {
  const lateMs = Date.now() + restMs + LATE_MS_MAX;
  await sleep(restMs);
  for (;;) {
    const snapshot = snapshotOf(await server.look(), server);
    if (snapshot.connections === 0 || Date.now() > lateMs) return snapshot;
    await sleep(2000);
  }
}

export function snapshotOf({ heapMb, externalMb, objects, resources }: Look, server: SoakedServer): Snapshot {
  return {
    ...server.outside(),
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

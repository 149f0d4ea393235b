/** What a server is told to look for. The names are those of its classes, and of `Timeout`, which is Node's. */
export const counted = {
  Connection: "server/connection.js",
  Client: "chat/client.js",
  Room: "chat/room.js",
  Channel: "channel/channel.js",
  Follower: "channel/follower.js",
  Deadline: "actor/deadline.js",
} as const;

export type Counted = keyof typeof counted | "Timeout" | "Promise";

/** What a server says of itself after a garbage collection. */
export interface Look {
  heapMb: number;
  /** Outside the heap, buffers included. */
  externalMb: number;
  /** Objects that are reachable. */
  objects: Record<Counted, number>;
  /** What keeps Node's event loop busy: how many of each type. */
  resources: Record<string, number>;
}

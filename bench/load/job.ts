import type { DialectName } from "./dialects/dialects.ts";

/** What a load process is told, as JSON on the first line of its stdin. It is told nothing else, but when to end: then all leave. */
export type Job =
  /** Speaks in phases; answers with an `Outcome` for each up to the first in which something was lost or late. */
  | (Clients & { kind: "phases"; warmUp: Phase; phases: readonly Phase[] })
  /** Says "in" when all are in, and chats until its stdin ends; answers with one `Outcome`. */
  | (Clients & { kind: "chat"; deliveriesPerSecond: number })
  /** All come in and are silent for so long; answers with a `Stay`. */
  | (Clients & { kind: "crowd"; silentMs: number });

/** Clients of one room. */
export interface Clients {
  /** Where the server listens, on 127.0.0.1. */
  port: number;
  /** The server's process, whose CPU and memory are read. */
  pid: number;
  dialect: DialectName;
  /** What each client logs in with; as many clients as tokens. */
  tokens: readonly string[];
  /** Clients that also talk, in turn. */
  senders: number;
}

/** Lines sent at an even pace, whether or not the server keeps up. */
export interface Phase {
  /** Lines times clients, offered in a second. */
  deliveriesPerSecond: number;
  seconds: number;
}

/** What a load process has seen in a phase. */
export interface Outcome {
  delivered: number;
  /** `delivered` over the time from the first line's intended sending to the last delivery, at least the phase. */
  deliveredPerSecond: number;
  /** From when a line was to be sent to when a client had it, or to the end where it had not; over a sample of the deliveries. */
  latencyP50Ms: number;
  latencyP99Ms: number;
  latencyP999Ms: number;
  serverCpuUsPerDelivery: number;
  /** The server's resident memory at the end, above what it had before anybody came, for each client. */
  memoryKbPerClient: number;
  /** The CPU time of the load process in parts of one core. Near 1 it measures itself. */
  loadCpu: number;
  /**
   * For how long the main thread of server or load, whichever had to wait longer, was ready but something else had its
   * core: another program, or a helper thread of Node's own. In parts of the time measured; 0 where unknown.
   */
  disturbed: number;

  // Since the phase before; the warm-up belongs to the first.
  /** Deliveries that had not come when nothing came any more. */
  lost: number;
  /** Deliveries that had not come when others still did and the time was up: 2 s after the last line was sent. */
  late: number;
  /** Deliveries that came again. */
  doubled: number;
  /** Deliveries that came after a later one of the same sender. */
  reordered: number;
  /** What the house said beside the lines, and how clients were closed, each with how often, so far. */
  remarks: Record<string, number>;
}

/** What a silent crowd has seen. */
export interface Stay {
  /** From the first client's connecting until the last was in. */
  enteredMs: number;
  /** The server's CPU time in that. */
  serverCpuMs: number;
  loadCpu: number;
  /** As in `Outcome`, when all had been silent for a while. */
  memoryKbPerClient: number;
  remarks: Record<string, number>;
}

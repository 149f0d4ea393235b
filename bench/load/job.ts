/** What a load process is told, as JSON on its stdin. */
export interface Job {
  /** Where the server listens, on 127.0.0.1. */
  port: number;
  /** The server's process, whose CPU and memory are read. */
  pid: number;
  /** What each client logs in with; as many clients as tokens. */
  tokens: readonly string[];
  /** Clients that also talk, in turn. */
  senders: number;
  warmUp: Phase;
  measured: Phase;
}

/** Lines sent at an even pace, whether or not the server keeps up. */
export interface Phase {
  /** Lines times clients, offered in a second. */
  deliveriesPerSecond: number;
  seconds: number;
}

/** What a load process has seen, as JSON on its stdout. */
export interface Outcome {
  /** In the measured phase. */
  delivered: number;
  /** `delivered` over the time from the first line's intended sending to the last delivery, at least the phase. */
  deliveredPerSecond: number;
  /** From when a line was to be sent to when a client had it; over a sample of the deliveries. */
  latencyP50Ms: number;
  latencyP99Ms: number;
  serverCpuUsPerDelivery: number;
  /** The server's resident memory at the end, with all clients connected. */
  serverMemoryMb: number;
  /** The CPU time of the load process in parts of one core. Near 1 it measures itself. */
  loadCpu: number;
  /**
   * For how long the main thread of server or load, whichever had to wait longer, was ready but something else had its
   * core: another program, or a helper thread of Node's own. In parts of the time measured; 0 where unknown.
   */
  disturbed: number;

  // Over both phases.
  /** Deliveries that had not come when nothing came any more, or 3 s after the last line was sent. */
  lost: number;
  /** Deliveries that came again. */
  doubled: number;
  /** Deliveries that came after a later one of the same sender. */
  reordered: number;
  /** What the house said beside the lines, and how clients were closed, each with how often. */
  remarks: Record<string, number>;
}

import { nameOf } from "../common/lines.ts";
import { type Conversation, talkTo } from "../common/programs.ts";
import type { Competitor, RunningServer } from "../servers/servers.ts";
import type { DialectName } from "./dialects.ts";

/** Every server gets this before it is measured, so that what is measured is compiled; gentle enough for each of them. */
const WARM_UP: Phase = { deliveriesPerSecond: 100_000, seconds: 0.5 };

/** Clients that talk, at most; the others only listen. */
const SENDERS_MAX = 20;

/** Starts load processes, each of which is all clients of one room. */
export class LoadGenerator {
  readonly #file: string;

  /** @param file what `load/load-main.ts` was built to. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Measures phases one after the other in a fresh server, up to the first in which something is lost. */
  async phases(competitor: Competitor, clients: number, phases: readonly Phase[]): Promise<PhaseResult[]> {
    await using server = await competitor.start();
    const load = this.#start({
      kind: "phases",
      ...addressOf(competitor, server),
      tokens: tokensOf(server, 0, clients),
      senders: Math.min(clients, SENDERS_MAX),
      warmUp: WARM_UP,
      phases,
    });
    const results: PhaseResult[] = JSON.parse(await load.next());
    load.finish();
    return results;
  }

  /**
   * Lets clients enter a server, where they stay until they are told to leave. @param first the number of the first of
   * them: no two have the same name. @param silentMs how long they are silent before the server's memory is read.
   */
  async enter(
    competitor: Competitor,
    server: RunningServer,
    { first, clients, silentMs }: { first: number; clients: number; silentMs: number },
  ): Promise<{ entry: EntryResult; leave: () => void }> {
    const tokens = tokensOf(server, first, clients);
    const address = addressOf(competitor, server);
    const load = this.#start({ kind: "enter", ...address, tokens, senders: 0, silentMs });
    return { entry: JSON.parse(await load.next()), leave: () => load.finish() };
  }

  /** Lets people chat in a server while `meanwhile` runs. Returns what they have seen, and what it returned. */
  async chat<T>(
    competitor: Competitor,
    server: RunningServer,
    { clients, deliveriesPerSecond }: { clients: number; deliveriesPerSecond: number },
    meanwhile: () => Promise<T>,
  ): Promise<{ chat: PhaseResult; result: T }> {
    const talking = { tokens: tokensOf(server, 0, clients), senders: clients, deliveriesPerSecond };
    const load = this.#start({ kind: "chat", ...addressOf(competitor, server), ...talking });
    await load.next(); // all have entered
    const result = await meanwhile();
    load.finish();
    const [chat]: PhaseResult[] = JSON.parse(await load.next());
    if (!chat) throw new Error("the chat has seen nothing");
    return { chat, result };
  }

  #start(job: Job): Conversation {
    return talkTo({ role: "load", file: this.#file, env: {} }, JSON.stringify(job));
  }
}

/** What a load process is told, as JSON on the first line of its stdin. All clients leave when its stdin ends. */
export type Job =
  /** Speaks in phases; answers with a result for each, up to the first in which something was lost or late. */
  | (Clients & { kind: "phases"; warmUp: Phase; phases: readonly Phase[] })
  /** Says "in" when all have entered, and chats until its stdin ends; answers with one result of a phase. */
  | (Clients & { kind: "chat"; deliveriesPerSecond: number })
  /** All enter and are silent for so long; answers with the result of the entry. */
  | (Clients & { kind: "enter"; silentMs: number });

/** Clients of one room. */
export interface Clients {
  /** Where the server listens, on 127.0.0.1. */
  port: number;
  /** The server's process, whose CPU time and memory are read. */
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
export interface PhaseResult {
  delivered: number;
  /** `delivered` over the time from when the first line was due to the last delivery, at least the phase's length. */
  deliveredPerSecond: number;
  /** From when a line was due to when a client had it, or to the end where it had not; over a sample of the deliveries. */
  latencyP50Ms: number;
  latencyP99Ms: number;
  latencyP999Ms: number;
  serverCpuUsPerDelivery: number;
  /** The server's resident memory at the end, above what it had before anybody entered, for each client. */
  memoryKbPerClient: number;
  /** The CPU time of the load process in parts of one core. Near 1 it measures itself. */
  loadCpu: number;
  /**
   * For how long the main thread of server or load, whichever waited longer, was ready to run while another program, or a
   * helper thread of Node, had its core. In parts of the time measured; 0 where unknown.
   */
  disturbed: number;

  // Since the phase before; the warm-up belongs to the first.
  /** Deliveries that had not come when nothing came any more. */
  lost: number;
  /** Deliveries that had not come while others still did, when the time was up: 2 s after the last line was sent. */
  late: number;
  /** Deliveries that came again. */
  doubled: number;
  /** Deliveries that came after a later one of the same sender. */
  reordered: number;
  /** What the server said beside the lines, and how clients were closed, each with how often, so far. */
  remarks: Record<string, number>;
}

/** What a load process has seen of clients that entered and were silent. */
export interface EntryResult {
  /** From the first client's connecting until the last had entered. */
  enteredMs: number;
  /** The server's CPU time in that. */
  serverCpuMs: number;
  loadCpu: number;
  /** As in `PhaseResult`, when all had been silent for a while. */
  memoryKbPerClient: number;
  remarks: Record<string, number>;
}

function addressOf({ dialect }: Competitor, { port, pid }: RunningServer) {
  return { port, pid, dialect };
}

function tokensOf(server: RunningServer, first: number, clients: number): string[] {
  return Array.from({ length: clients }, (_, at) => server.token(nameOf(first + at)));
}

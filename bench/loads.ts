import type { Job, Outcome, Phase, Stay } from "./load/job.ts";
import { nameOf } from "./load/line.ts";
import { type Conversation, talkTo } from "./programs.ts";
import type { Competitor, RunningServer } from "./servers/server.ts";

/** Every server gets this before it is measured, so that what is measured is compiled; gentle enough for each of them. */
const WARM_UP: Phase = { deliveriesPerSecond: 100_000, seconds: 0.5 };

/** Clients that talk, at most; the others only listen. */
const SENDERS_MAX = 20;

/** Load processes against fresh servers. */
export class Loads {
  readonly #file: string;

  /** @param file what `load/load.ts` was built to. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Measures phases one after the other in a fresh server, up to the first in which something is lost. */
  async phases(competitor: Competitor, clients: number, phases: readonly Phase[]): Promise<Outcome[]> {
    await using server = await competitor.start();
    const senders = Math.min(clients, SENDERS_MAX);
    const job: Job = {
      kind: "phases",
      ...placeOf(competitor, server),
      tokens: tokensOf(server, 0, clients),
      senders,
      warmUp: WARM_UP,
      phases,
    };
    const load = this.#start(job);
    const outcomes: Outcome[] = JSON.parse(await load.next());
    load.finish();
    return outcomes;
  }

  /**
   * Lets a crowd into a server, which stays until it is told to leave. @param first the number of the first of them: no two
   * have the same name. @param silentMs how long they are silent before the server's memory is looked at.
   */
  async crowd(
    competitor: Competitor,
    server: RunningServer,
    { first, clients, silentMs }: { first: number; clients: number; silentMs: number },
  ): Promise<{ stay: Stay; leave: () => void }> {
    const tokens = tokensOf(server, first, clients);
    const job: Job = { kind: "crowd", ...placeOf(competitor, server), tokens, senders: 0, silentMs };
    const load = this.#start(job);
    return { stay: JSON.parse(await load.next()), leave: () => load.finish() };
  }

  /** Lets people chat in a server while `meanwhile` goes on. Returns what they have seen, and what it has. */
  async chat<T>(
    competitor: Competitor,
    server: RunningServer,
    { clients, deliveriesPerSecond }: { clients: number; deliveriesPerSecond: number },
    meanwhile: () => Promise<T>,
  ): Promise<{ outcome: Outcome; result: T }> {
    const tokens = tokensOf(server, 0, clients);
    const talking = { tokens, senders: clients, deliveriesPerSecond };
    const chat = this.#start({ kind: "chat", ...placeOf(competitor, server), ...talking });
    await chat.next(); // they are in
    const result = await meanwhile();
    chat.finish();
    const [outcome]: Outcome[] = JSON.parse(await chat.next());
    if (!outcome) throw new Error("the chat has seen nothing");
    return { outcome, result };
  }

  #start(job: Job): Conversation {
    return talkTo({ role: "load", file: this.#file }, JSON.stringify(job));
  }
}

function placeOf({ dialect }: Competitor, { port, pid }: RunningServer) {
  return { port, pid, dialect };
}

function tokensOf(server: RunningServer, first: number, clients: number): string[] {
  return Array.from({ length: clients }, (_, at) => server.token(nameOf(first + at)));
}

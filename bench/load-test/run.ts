import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LOBBY } from "../../src/chat/rooms.ts";
import { RunLines } from "../common/lines.ts";
import { credentialOf } from "../common/login.ts";
import { enterInTurn, keepPace, settled } from "../common/pace.ts";
import { Client } from "./client.ts";
import { Ledger, type Stage, type StageResult } from "./ledger.ts";
import { type Options, sendersNeeded } from "./options.ts";
import { type FrameReader, frameReader } from "./received.ts";

/** Told how a run goes. */
export interface Progress {
  entering(clients: number, of: number): void;
  /** Called several times a second while lines are sent and waited for. */
  going(result: StageResult, at: number, of: number): void;
  done(result: StageResult, at: number, of: number): void;
}

/** Not even the first client could enter. */
export class EntryError extends Error {}

/** Stages of the ramp; the whole load follows. */
const RAMP_STAGES = 4;
/** Clients that enter at the same time: fewer than a server lets wait for `accept`, or asks a mail for at once. */
const ENTERING_MAX = 50;
const ENTERING_BY_MAIL_MAX = 5;
/** Clients that talk, where more are not needed. */
const SENDERS = 20;
/** How long nothing may have come before what is missing is lost … */
const STILL_MS = 5_000;
/** … and how long it may take to come, however it trickles. */
const DRAIN_MS_MAX = 30_000;
/** How long everybody listens in the end for lines that come again. */
const ECHO_MS = 200;
/** How often clients of version 1 are asked whether they hear, and how often in all. */
const READY_MS = 500;
const READY_TRIES = 20;
const PROGRESS_MS = 250;

/**
 * Puts a load on a server, in stages, until it is over or `signal` aborts. Throws an EntryError where not even one client
 * can enter.
 */
export async function run(options: Options, progress: Progress, signal: AbortSignal): Promise<Ledger> {
  const loadRun = new LoadRun(options, progress);
  const stages = stagesOf(options);
  try {
    for (const [at, stage] of stages.entries()) {
      await loadRun.grow(stage, signal);
      if (signal.aborted || loadRun.open.length === 0) break;
      await loadRun.talk(stage, { at: at + 1, of: stages.length }, signal);
    }
    await sleep(ECHO_MS);
  } finally {
    loadRun.end();
  }
  return loadRun.ledger;
}

/** Clients, rooms and rate grow together, in even stages; then all of them stay. */
function stagesOf(options: Options): Stage[] {
  const { clients, rooms, rate, rampSeconds, seconds } = options;
  const whole: Stage = { clients, rooms, rate, seconds };
  if (rampSeconds === 0) return [whole];
  const ramp = Array.from({ length: RAMP_STAGES }, (_, at): Stage => {
    const part = (at + 1) / (RAMP_STAGES + 1);
    return {
      clients: Math.max(Math.ceil(part * clients), sendersNeeded(options)),
      rooms: Math.ceil(part * rooms),
      rate: part * rate,
      seconds: rampSeconds / RAMP_STAGES,
    };
  });
  return [...ramp, whole];
}

/** All clients of a run, and what they say. */
class LoadRun {
  readonly ledger = new Ledger();
  readonly #options: Options;
  readonly #progress: Progress;
  readonly #lines = new RunLines(randomBytes(4).toString("hex"));
  readonly #read: FrameReader;
  /** The clients that have entered, by number. */
  readonly #clients = new Map<number, Client>();
  /** Clients that ever entered or tried. */
  #clientsEver = 0;
  readonly #rooms: string[] = [];
  /** The number of the next line, in every room. */
  #next = 0;

  constructor(options: Options, progress: Progress) {
    this.#options = options;
    this.#progress = progress;
    this.#read = frameReader(options.version, this.#lines);
  }

  get open(): [number, Client][] {
    return [...this.#clients].filter(([, client]) => client.isOpen);
  }

  /** More clients enter, and all join more rooms. */
  async grow({ clients, rooms }: Stage, signal: AbortSignal): Promise<void> {
    const isV2 = this.#options.version === 2;
    const before = this.open.map(([, client]) => client);
    while (this.#rooms.length < rooms) {
      const room = isV2 ? `load-${this.#rooms.length + 1}` : LOBBY;
      this.#rooms.push(room);
      if (isV2) await Promise.all(before.map((client) => this.#countFailure(client.join(room))));
    }
    const atOnce = this.#options.login.kind === "command" ? ENTERING_BY_MAIL_MAX : ENTERING_MAX;
    // The first enters alone, to see whether there is a way in.
    if (this.#clientsEver === 0) {
      await this.#enter(clients).catch((cause: unknown) => {
        throw new EntryError(reasonOf(cause));
      });
    }
    await enterInTurn(clients - this.#clientsEver, atOnce, async () => {
      if (!signal.aborted) await this.#countFailure(this.#enter(clients));
    });
    if (!isV2) await this.#waitUntilAllHear(signal);
  }

  /** Sends a stage's lines, and waits until they are delivered, or lost. */
  async talk(stage: Stage, { at, of }: { at: number; of: number }, signal: AbortSignal): Promise<void> {
    const open = this.open.map(([number]) => number);
    const result = this.ledger.begin(stage, {
      firstNumber: this.#next,
      rooms: [...this.#rooms],
      senders: open.slice(0, Math.max(SENDERS, sendersNeeded(this.#options))),
      clientsEver: this.#clientsEver,
      listeners: open.length,
    });
    const deserted = new AbortController();
    const watch = setInterval(() => {
      this.#progress.going(result, at, of);
      if (this.open.length === 0) deserted.abort();
    }, PROGRESS_MS);
    try {
      const intervalMs = 1_000 / (stage.rate * stage.rooms);
      const pace = { count: Math.ceil((1_000 * stage.seconds) / intervalMs), intervalMs };
      const stop = AbortSignal.any([signal, deserted.signal]);
      const { startMs, sent } = await keepPace(pace, stop, (index, dueMs) => this.#say(result, index, dueMs));
      result.lastedMs = Math.max(performance.now() - startMs, sent * intervalMs);
      this.#next += Math.ceil(sent / stage.rooms);
      const waiting = () => result.missing + this.ledger.acks.unanswered;
      if (this.open.length > 0) await settled(waiting, { goal: 0, stillMs: STILL_MS, maxMs: DRAIN_MS_MAX });
    } finally {
      clearInterval(watch);
    }
    this.#progress.done(result, at, of);
  }

  end(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** The next client enters. A client that is not in all rooms would seem to lose what is said there, so it closes. */
  async #enter(of: number): Promise<void> {
    const number = this.#clientsEver;
    this.#clientsEver += 1;
    try {
      const client = await Client.connect(this.#options, this.#read, this.ledger.receiverOf(number));
      await client.logIn(credentialOf(this.#options.login, number));
      void client.ended.then((ending) => {
        if (ending.kind === "closed") this.ledger.closed(ending.reason);
      });
      this.#clients.set(number, client);
      if (this.#options.version === 2) for (const room of this.#rooms) await client.join(room);
    } finally {
      this.#progress.entering(this.#clientsEver, of);
    }
  }

  async #countFailure(entering: Promise<void>): Promise<void> {
    await entering.catch((cause: unknown) => this.ledger.notIn(reasonOf(cause)));
  }

  /** Says line `index` of a stage; one room follows the other. A client that is gone says nothing. */
  #say(result: StageResult, index: number, dueMs: number): void {
    const { rooms, firstNumber } = result.participants;
    const room = rooms[index % rooms.length] ?? LOBBY;
    const number = firstNumber + Math.floor(index / rooms.length);
    const sender = this.#clients.get(result.senderOf(room, number) ?? -1);
    if (!sender?.isOpen) return;
    result.sent += 1;
    if (this.#options.version === 2) this.ledger.acks.sent(room, number);
    sender.say(room, this.#lines.write(number, Math.round(1_000 * dueMs)), this.#lines.nonce(number));
  }

  /** In version 1 nothing says that a client is in the room, so one asks until everybody has got the question. */
  async #waitUntilAllHear(signal: AbortSignal): Promise<void> {
    const deaf = () => this.open.filter(([number]) => !this.ledger.ready.has(number));
    for (let tries = 0; tries < READY_TRIES && deaf().length > 0 && !signal.aborted; tries += 1) {
      this.open[0]?.[1].say(LOBBY, this.#lines.probe, "ready");
      await settled(() => deaf().length, { goal: 0, stillMs: READY_MS, maxMs: READY_MS });
    }
    if (signal.aborted) return;
    for (const [, client] of deaf()) {
      this.ledger.notIn("heard nothing of what was said");
      client.close();
    }
    await sleep(READY_MS); // or the first line would come too fast after the last question
  }
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ").trim();
}

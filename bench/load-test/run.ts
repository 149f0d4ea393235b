import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LOBBY } from "../../src/chat/rooms.ts";
import { keepPace, settled } from "../load/pace.ts";
import { Guest } from "./guest.ts";
import { type FrameReader, frameReader } from "./heard.ts";
import { Ledger } from "./ledger.ts";
import { Lines } from "./line.ts";
import { credentialOf } from "./login.ts";
import { type Options, sendersNeeded } from "./options.ts";
import { stagesOf } from "./stages.ts";
import type { Load, Step } from "./step.ts";

/** Told how a run goes. */
export interface Watcher {
  entering(clients: number, of: number): void;
  /** Called all the time while lines are sent and waited for. */
  going(step: Step, at: number, of: number): void;
  done(step: Step, at: number, of: number): void;
}

/** Nobody could come in. */
export class NoWayIn extends Error {}

/** Guests that come in at the same time: fewer than a server lets wait for `accept`, or asks a mail for at once. */
const ENTERING_MAX = 50;
const ENTERING_BY_MAIL_MAX = 5;
/** Guests that talk, where more are not needed. */
const SENDERS = 20;
/** How long nothing may have come before what is missing is lost … */
const STILL_MS = 5_000;
/** … and how long it may take to come, however it trickles. */
const DRAIN_MS_MAX = 30_000;
/** How long everybody listens in the end for lines that come again. */
const ECHO_MS = 200;
/** How often guests of version 1 are asked whether they hear, and how often in all. */
const READY_MS = 500;
const READY_TRIES = 20;
/** How often a watcher is told. */
const WATCH_MS = 250;

/** Puts a load on a server, in stages, until it is over or `signal` ends it. Throws NoWayIn where not even one guest comes in. */
export async function run(options: Options, watcher: Watcher, signal: AbortSignal): Promise<Ledger> {
  const party = new Party(options, watcher);
  const stages = stagesOf(options);
  try {
    for (const [at, stage] of stages.entries()) {
      await party.grow(stage, signal);
      if (signal.aborted || party.open.length === 0) break;
      await party.talk(stage, { at: at + 1, of: stages.length }, signal);
    }
    await sleep(ECHO_MS);
  } finally {
    party.end();
  }
  return party.ledger;
}

/** All guests. */
class Party {
  readonly ledger = new Ledger();
  readonly #options: Options;
  readonly #watcher: Watcher;
  readonly #lines = new Lines(randomBytes(4).toString("hex"));
  readonly #read: FrameReader;
  readonly #guests = new Map<number, Guest>();
  /** Guests that came, or tried. */
  #seats = 0;
  readonly #rooms: string[] = [];
  /** The number of the next line, in every room. */
  #next = 0;

  constructor(options: Options, watcher: Watcher) {
    this.#options = options;
    this.#watcher = watcher;
    this.#read = frameReader(options.version, this.#lines);
  }

  get open(): [number, Guest][] {
    return [...this.#guests].filter(([, guest]) => guest.isOpen);
  }

  /** More guests come in, and all go to more rooms. */
  async grow({ clients, rooms }: Load, signal: AbortSignal): Promise<void> {
    const isV2 = this.#options.version === 2;
    const before = this.open.map(([, guest]) => guest);
    while (this.#rooms.length < rooms) {
      const room = isV2 ? `load-${this.#rooms.length + 1}` : LOBBY;
      this.#rooms.push(room);
      if (isV2) await Promise.all(before.map((guest) => this.#tryIn(joined(guest, room))));
    }
    const atOnce = this.#options.login.kind === "command" ? ENTERING_BY_MAIL_MAX : ENTERING_MAX;
    while (this.#seats < clients && !signal.aborted) {
      const first = this.#seats;
      // The first comes alone, to see whether there is a way in.
      this.#seats = first === 0 ? 1 : Math.min(clients, first + atOnce);
      const coming = Array.from({ length: this.#seats - first }, (_, at) => this.#enter(first + at));
      await Promise.all(coming.map((one) => (first === 0 ? one.catch(noWayIn) : this.#tryIn(one))));
      this.#watcher.entering(this.#seats, clients);
    }
    if (!isV2) await this.#waitUntilAllHear(signal);
  }

  /** Sends a stage's lines, and waits until they are delivered, or lost. */
  async talk(load: Load, { at, of }: { at: number; of: number }, signal: AbortSignal): Promise<void> {
    const open = this.open.map(([guest]) => guest);
    const senders = open.slice(0, Math.max(SENDERS, sendersNeeded(this.#options)));
    const seating = {
      first: this.#next,
      rooms: [...this.#rooms],
      senders,
      seats: this.#seats,
      audience: open.length,
    };
    const step = this.ledger.begin(load, seating);
    const deserted = new AbortController();
    const watch = setInterval(() => {
      this.#watcher.going(step, at, of);
      if (this.open.length === 0) deserted.abort();
    }, WATCH_MS);
    try {
      const intervalMs = 1_000 / (load.rate * load.rooms);
      const pace = { count: Math.ceil((1_000 * load.seconds) / intervalMs), intervalMs };
      const stop = AbortSignal.any([signal, deserted.signal]);
      const { startMs, sent } = await keepPace(pace, stop, (index, dueMs) => this.#say(step, index, dueMs));
      step.lastedMs = Math.max(performance.now() - startMs, sent * intervalMs);
      this.#next += Math.ceil(sent / load.rooms);
      const waiting = () => step.missing + this.ledger.acks.unanswered;
      if (this.open.length > 0) await settled(waiting, { goal: 0, stillMs: STILL_MS, maxMs: DRAIN_MS_MAX });
    } finally {
      clearInterval(watch);
    }
    this.#watcher.done(step, at, of);
  }

  end(): void {
    for (const guest of this.#guests.values()) guest.close();
  }

  async #enter(number: number): Promise<void> {
    const credential = credentialOf(this.#options.login, number);
    const guest = await Guest.enter(this.#options, credential, this.#read, this.ledger.eventsOf(number));
    this.#guests.set(number, guest);
    if (this.#options.version === 2) for (const room of this.#rooms) await joined(guest, room);
  }

  async #tryIn(coming: Promise<void>): Promise<void> {
    await coming.catch((cause) => this.ledger.notIn(reasonOf(cause)));
  }

  /** Line `index` of a step, which is in one room after the other. Whoever is gone says nothing. */
  #say(step: Step, index: number, dueMs: number): void {
    const { rooms, first } = step.seating;
    const room = rooms[index % rooms.length] ?? LOBBY;
    const number = first + Math.floor(index / rooms.length);
    const sender = this.#guests.get(step.senderOf(room, number) ?? -1);
    if (!sender?.isOpen) return;
    step.sent += 1;
    if (this.#options.version === 2) this.ledger.acks.sent(room, number);
    sender.say(room, this.#lines.write(number, Math.round(1_000 * dueMs)), this.#lines.nonce(number));
  }

  /** In version 1 nothing says that one is in the room, so that somebody asks until everybody has heard it. */
  async #waitUntilAllHear(signal: AbortSignal): Promise<void> {
    const deaf = () => this.open.filter(([guest]) => !this.ledger.ready.has(guest));
    for (let tries = 0; tries < READY_TRIES && deaf().length > 0 && !signal.aborted; tries += 1) {
      this.open[0]?.[1].say(LOBBY, this.#lines.ready, "ready");
      await settled(() => deaf().length, { goal: 0, stillMs: READY_MS, maxMs: READY_MS });
    }
    if (signal.aborted) return;
    for (const [, guest] of deaf()) {
      this.ledger.notIn("heard nothing of what was said");
      guest.close();
    }
    await sleep(READY_MS); // or the first line would come too fast after the last question
  }
}

/** A guest that is not in all rooms would seem to lose what is said there, so it is in none. */
async function joined(guest: Guest, room: string): Promise<void> {
  await guest.join(room).catch((cause: unknown) => {
    guest.close();
    throw cause;
  });
}

function noWayIn(cause: unknown): never {
  throw new NoWayIn(reasonOf(cause));
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ").trim();
}

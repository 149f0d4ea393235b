import { retryAfterClose } from "../src/protocol/close.ts";
import {
  type ClientMessageV2,
  encodeFrame,
  parseServerFrame,
  type ServerMessageV2,
} from "../src/protocol/v2.ts";
import { backoffMs } from "./backoff.ts";
import { bounds } from "./bounds.ts";
import { translated } from "./words.ts";

/** What a connection is doing, for people. */
export type Link =
  | { kind: "off" }
  | { kind: "connecting" }
  | { kind: "open" }
  /** The next try is at `until` (ms since the Unix epoch). `reason` is what the server said, if anything. */
  | { kind: "waiting"; until: number; reason: string }
  /** The server asked not to come back by ourselves. */
  | { kind: "stopped"; reason: string };

/** One socket, open or opening. After `close` none of its events come. */
export interface Wire {
  send(frame: string): void;
  close(): void;
}

export interface WireEvents {
  opened(): void;
  received(frame: string): void;
  closed(code: number, reason: string): void;
}

export interface ConnectionEvents {
  changed(link: Link): void;
  opened(): void;
  /** All messages of one frame, at least one. */
  received(messages: readonly ServerMessageV2[]): void;
  lost(code: number, reason: string): void;
}

/** The outside world; tests pass their own. */
export interface World {
  openWire(events: WireEvents): Wire;
  now(): number;
  random(): number;
  /** Runs once, later; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** A text that nobody has had before. */
  newId(): string;
  /** The part of the page's address after and with the `#`. */
  address(): string;
  setAddress(hash: string): void;
  /** Where the page is at its origin: `/`, or `/chat/` behind a proxy. */
  path(): string;
}

/** Keeps one socket to the server, and opens the next one by itself when it is lost. */
export class Connection {
  readonly #world: World;
  readonly #events: ConnectionEvents;
  #link: Link = { kind: "off" };
  #wire: Wire | undefined;
  #openedAt = 0;
  /** Tries since a connection last stood for a while. */
  #attempt = 0;
  #cancelStep = nothing;
  #cancelAnswer = nothing;

  constructor(world: World, events: ConnectionEvents) {
    this.#world = world;
    this.#events = events;
  }

  /** A person wants a connection, now. `opened` follows; at once where there is one. */
  connect(): void {
    if (this.#link.kind === "open") this.#events.opened();
    else if (this.#link.kind !== "connecting") this.#open();
  }

  /** Something got better (the network, someone looks): does not wait for the next try. */
  hurry(): void {
    if (this.#link.kind === "waiting") this.#open();
  }

  /** Wants no connection any more. */
  disconnect(): void {
    this.#drop();
    this.#attempt = 0;
    this.#become({ kind: "off" });
  }

  /** Sends where there is a connection. With `answered`, a server that stays silent counts as lost. */
  send(message: ClientMessageV2, answered: boolean): boolean {
    if (this.#link.kind !== "open" || this.#wire === undefined) return false;
    this.#wire.send(encodeFrame(message));
    if (answered && this.#cancelAnswer === nothing) {
      this.#cancelAnswer = this.#world.after(bounds.answerTimeoutMs, () => this.#lose(1006, ""));
    }
    return true;
  }

  #open(): void {
    this.#drop();
    this.#become({ kind: "connecting" });
    this.#cancelStep = this.#world.after(bounds.connectTimeoutMs, () => this.#lose(1006, ""));
    // A socket that was dropped has nothing more to say.
    const current = () => this.#wire === wire;
    const wire = this.#world.openWire({
      opened: () => current() && this.#opened(),
      received: (frame) => current() && this.#received(frame),
      closed: (code, reason) => current() && this.#lose(code, reason),
    });
    this.#wire = wire;
  }

  #opened(): void {
    this.#cancelStep();
    this.#openedAt = this.#world.now();
    this.#become({ kind: "open" });
    this.#events.opened();
  }

  #received(frame: string): void {
    this.#answered();
    const read = parseServerFrame(frame);
    if (read.kind === "malformed") return;
    // A type this page does not know is for a newer page; the conversation goes on without it.
    const messages = read.messages.flatMap((one) => (one.kind === "message" ? [one.message] : []));
    if (messages.length > 0) this.#events.received(messages);
  }

  #lose(code: number, said: string): void {
    const reason = translated(code, said);
    const now = this.#world.now();
    if (this.#link.kind === "open" && now - this.#openedAt >= bounds.steadyAfterMs) this.#attempt = 0;
    this.#drop();
    const retry = retryAfterClose(code);
    if (retry === "never") {
      this.#become({ kind: "stopped", reason });
    } else {
      const waitMs = backoffMs(this.#attempt, retry, this.#world.random());
      this.#attempt += 1;
      this.#cancelStep = this.#world.after(waitMs, () => this.#open());
      this.#become({ kind: "waiting", until: now + waitMs, reason });
    }
    this.#events.lost(code, reason);
  }

  #drop(): void {
    this.#cancelStep();
    this.#answered();
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
  }

  #answered(): void {
    this.#cancelAnswer();
    this.#cancelAnswer = nothing;
  }

  #become(link: Link): void {
    this.#link = link;
    this.#events.changed(link);
  }
}

function nothing(): void {}

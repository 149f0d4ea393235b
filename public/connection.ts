import { retryAfterClose } from "../src/protocol/close.ts";
import {
  type ClientMessageV2,
  encodeFrame,
  parseServerFrame,
  type ServerMessageV2,
  Type,
} from "../src/protocol/v2.ts";
import { backoffMs } from "./backoff.ts";
import { bounds } from "./bounds.ts";
import { translated, words } from "./words.ts";

/** What a connection is doing, for people. */
export type Link =
  | { kind: "off" }
  /** `after`: why there was none, as in `waiting`; undefined where this is the first try. */
  | { kind: "connecting"; after: string | undefined }
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

/** Asked by HTTP: does the server refuse pages from this page's origin, is it there, or is nothing known of it. */
export type ServerAnswer = "refuses the origin" | "there" | "unknown";

/** The outside world; tests pass their own. */
export interface World {
  openWire(events: WireEvents): Wire;
  /** Why does no socket open? A browser does not tell. */
  askServer(): Promise<ServerAnswer>;
  /** Where this page is from, as browsers write it in `Origin`. */
  origin(): string;
  /** Of the wall clock, which people set: for what is shown or kept. */
  now(): number;
  /** Milliseconds that nobody can set, which may stand still while the machine sleeps: for what waits. */
  elapsed(): number;
  random(): number;
  /** Runs once, later; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Hears the other tabs of this browser; the result tells them something. */
  openTabs(received: (message: unknown) => void): (message: object) => void;
  /** Runs in the first tab that asks for a name, and in no other that asks soon after. */
  claim(name: string, callback: () => void): void;
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
  /** When this socket opened, or began to. */
  #sinceAt = 0;
  /** When something came last. */
  #heardAt = 0;
  /** Since when no connection has stood for a while; undefined where one does. */
  #lostAt: number | undefined;
  /** Of what comes next: a socket that opens is given up, one that is open is looked at, another one is tried. */
  #cancelStep = nothing;
  #cancelAnswer = nothing;
  /** Why no socket opens, for people; empty where that is not known. */
  #obstacle = "";
  /** So many times in a row none opened, though the server is there. */
  #timesThere = 0;

  constructor(world: World, events: ConnectionEvents) {
    this.#world = world;
    this.#events = events;
  }

  /** A person wants a connection, now. `opened` follows; at once where there is one. */
  connect(): void {
    if (this.#link.kind === "open") this.#events.opened();
    else if (this.#link.kind !== "connecting") this.#open();
  }

  /**
   * The machine woke, the network is back, or someone looks: asks whether the connection still stands. Where there is none, does
   * not wait for the next try, nor for one that began so long ago that it may be lost.
   */
  hurry(): void {
    const now = this.#world.now();
    const isStuck = this.#link.kind === "connecting" && now - this.#sinceAt >= bounds.openingMs;
    if (this.#link.kind === "open") this.#ask();
    else if (this.#link.kind === "waiting" || isStuck) {
      this.#lostAt = now; // tries are close together again
      this.#open();
    }
  }

  /** Wants no connection any more. */
  disconnect(): void {
    this.#drop();
    this.#lostAt = undefined;
    this.#become({ kind: "off" });
  }

  /** Sends where there is a connection. */
  send(message: ClientMessageV2): boolean {
    if (this.#link.kind !== "open" || this.#wire === undefined) return false;
    this.#wire.send(encodeFrame(message));
    return true;
  }

  #open(): void {
    const link = this.#link;
    const after = link.kind === "waiting" ? link.reason : link.kind === "connecting" ? link.after : undefined;
    this.#drop();
    this.#sinceAt = this.#world.now();
    this.#become({ kind: "connecting", after });
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
    this.#sinceAt = this.#world.now();
    this.#heardAt = this.#sinceAt;
    this.#timesThere = 0;
    this.#obstacle = "";
    this.#listen(bounds.silenceMs);
    this.#become({ kind: "open" });
    this.#events.opened();
  }

  /** Looks after a while whether the server has fallen silent: a socket that carries nothing any more need never close. */
  #listen(ms: number): void {
    this.#cancelStep = this.#world.after(ms, () => {
      const silentMs = this.#world.now() - this.#heardAt;
      const isHeard = silentMs >= 0 && silentMs < bounds.silenceMs; // below 0: the clock was set back
      if (!isHeard) this.#ask();
      this.#listen(isHeard ? bounds.silenceMs - silentMs : bounds.silenceMs);
    });
  }

  /** Asks whether the connection stands. Whatever comes next is an answer; without one it is lost. */
  #ask(): void {
    if (this.#cancelAnswer !== nothing) return;
    this.#cancelAnswer = this.#world.after(bounds.pongMs, () => this.#lose(1006, ""));
    this.send({ type: Type.Ping });
  }

  #received(frame: string): void {
    this.#answered();
    this.#heardAt = this.#world.now();
    const read = parseServerFrame(frame);
    if (read.kind === "malformed") return;
    // A type this page does not know is for a newer page; the conversation goes on without it.
    const messages = read.messages.flatMap((one) => (one.kind === "message" ? [one.message] : []));
    if (messages.length > 0) this.#events.received(messages);
  }

  #lose(code: number, said: string): void {
    const hasOpened = this.#link.kind === "open";
    const reason = translated(code, said) || this.#obstacle;
    const now = this.#world.now();
    if (hasOpened && now - this.#sinceAt >= bounds.steadyAfterMs) this.#lostAt = undefined;
    this.#lostAt ??= now;
    this.#drop();
    const retry = retryAfterClose(code);
    if (retry === "never") {
      this.#become({ kind: "stopped", reason });
    } else {
      this.#wait(reason, this.#obstacle === "" ? retry : "later");
    }
    this.#events.lost(code, reason);
    if (!hasOpened && retry !== "never") this.#findOut();
  }

  #wait(reason: string, retry: "now" | "later"): void {
    const now = this.#world.now();
    const waitMs = backoffMs(now - (this.#lostAt ?? now), retry, this.#world.random());
    this.#cancelStep();
    this.#cancelStep = this.#world.after(waitMs, () => this.#open());
    this.#become({ kind: "waiting", until: now + waitMs, reason });
  }

  /** Says why no socket opens where trying again does not help by itself, and then tries less often. */
  #findOut(): void {
    const link = this.#link;
    void this.#world.askServer().then((answer) => {
      if (this.#link !== link) return; // something else has happened
      this.#timesThere = answer === "there" ? this.#timesThere + 1 : 0;
      const before = this.#obstacle;
      this.#obstacle = this.#obstacleOf(answer);
      if (this.#obstacle !== before) this.#wait(this.#obstacle, this.#obstacle === "" ? "now" : "later");
    });
  }

  #obstacleOf(answer: ServerAnswer): string {
    if (answer === "refuses the origin") return words.status.originRefused(this.#world.origin());
    return this.#timesThere >= bounds.timesThere ? words.status.noSockets : "";
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

import type { ServerAnswer, WireEvents, World } from "../../public/connection.ts";
import type { News } from "../../public/conversation.ts";
import { Page } from "../../public/page.ts";
import type { Room } from "../../public/room.ts";
import { isBrowserKey, type Store, type StoreKey } from "../../public/store.ts";
import {
  type ClientMessageV2,
  encodeFrame,
  type LogEntryV2,
  parseClientFrame,
  type ServerMessageV2,
  Type,
} from "../../src/protocol/v2.ts";

/** A socket the page opened, seen from the server's side. */
export interface FakeSocket {
  /** Without the Pings, which are answered. */
  readonly sent: ClientMessageV2[];
  readonly pings: number;
  closed: boolean;
  /** Swallows what comes and answers nothing, as a proxy does that has forgotten the flow. */
  isDead: boolean;
  accept(): void;
  /** Sends all of them in one frame. */
  say(...messages: ServerMessageV2[]): void;
  /** A line somebody says. */
  line(seq: number, name: string, text: string, room?: string): void;
  welcome(name: string, token?: string): void;
  joined(joined?: Partial<Joined>): void;
  /** Answers the newest thing that was sent with this text. */
  ack(text: string, seq: number): void;
  refuse(text: string, retryAfterMs?: number): void;
  close(code: number, reason?: string): void;
}

type Joined = Extract<ServerMessageV2, { type: typeof Type.Joined }>;

export function textEntry(seq: number, name: string, text: string, room = "lobby"): LogEntryV2 {
  return {
    type: Type.Text,
    room,
    seq,
    at: Date.parse("2026-11-22T14:00:00Z") + seq,
    user: { id: `id of ${name}`, name },
    text,
  };
}

/** The page's outside world, with a clock that a test moves. */
export class FakeWorld implements World {
  time = Date.parse("2026-11-22T14:00:00Z");
  chance = 0.5;
  readonly sockets: FakeSocket[] = [];
  hash = "";
  /** What the server says over HTTP. */
  answer: ServerAnswer = "unknown";
  pagePath = "/";
  #ids = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  /** What the wall clock is ahead of time that nobody can set. */
  #sleptMs = this.time;

  /** The tabs of one browser, each by its world. */
  tabs = new Map<FakeWorld, (message: unknown) => void>();

  openTabs(received: (message: unknown) => void): (message: object) => void {
    this.tabs.set(this, received);
    return (message) => {
      for (const [world, hear] of this.tabs) if (world !== this) hear(message);
    };
  }

  /** What a tab of the browser has claimed. */
  claims = new Set<string>();

  claim(name: string, callback: () => void): void {
    if (this.claims.has(name)) return;
    this.claims.add(name);
    callback();
  }

  openWire(events: WireEvents) {
    const socket = new ServerSide(events);
    this.sockets.push(socket);
    return {
      send(frame: string) {
        const read = parseClientFrame(frame);
        if (read.kind === "malformed") throw new Error(read.problem);
        for (const one of read.messages) {
          if (one.kind !== "message") throw new Error(one.problem);
          socket.take(one.message);
        }
      },
      close() {
        socket.closed = true;
      },
    };
  }

  async askServer(): Promise<ServerAnswer> {
    return this.answer;
  }

  origin(): string {
    return "http://chat.lan:4884";
  }

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time - this.#sleptMs;
  }

  newId(): string {
    this.#ids += 1;
    return `id ${this.#ids}`;
  }

  address(): string {
    return this.hash;
  }

  setAddress(hash: string): void {
    this.hash = hash;
  }

  path(): string {
    return this.pagePath;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Sleeps, or has its clock set: no timer runs meanwhile, and each has as long to go as before. */
  sleep(ms: number): void {
    this.time += ms;
    this.#sleptMs += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  /** Lets time pass, and runs what is due on the way. */
  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const [next] = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.time = next.at;
      this.#timers.delete(next);
      next.callback();
    }
    this.time = until;
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("the page opened no socket");
    return socket;
  }

  get timers(): number {
    return this.#timers.size;
  }
}

class ServerSide implements FakeSocket {
  readonly sent: ClientMessageV2[] = [];
  pings = 0;
  closed = false;
  isDead = false;
  readonly #events: WireEvents;

  constructor(events: WireEvents) {
    this.#events = events;
  }

  take(message: ClientMessageV2): void {
    if (message.type !== Type.Ping) this.sent.push(message);
    else {
      this.pings += 1;
      if (!this.isDead) this.say({ type: Type.Pong });
    }
  }

  accept(): void {
    this.#events.opened();
  }

  say(...messages: ServerMessageV2[]): void {
    this.#events.received(encodeFrame(messages));
  }

  line(seq: number, name: string, text: string, room = "lobby"): void {
    this.say(textEntry(seq, name, text, room));
  }

  welcome(name: string, token = "token.of"): void {
    this.say({ type: Type.AuthAck, user: { id: `id of ${name}`, name }, text: token });
  }

  joined(joined: Partial<Joined> = {}): void {
    const fresh = { room: "lobby", epoch: "e1", first: 1, last: 0, from: 0, private: false };
    this.say({ type: Type.Joined, ...fresh, ...joined });
  }

  ack(text: string, seq: number): void {
    const { room, nonce } = this.#asked(text);
    this.say({ type: Type.Ack, room, nonce, seq });
  }

  refuse(text: string, retryAfterMs?: number): void {
    const { room, nonce } = this.#asked(text);
    const when = retryAfterMs === undefined ? {} : { retryAfterMs };
    this.say({ type: Type.Refused, code: "too-fast", text: "too many messages", room, nonce, ...when });
  }

  close(code: number, reason = ""): void {
    this.#events.closed(code, reason);
  }

  #asked(text: string): { room: string; nonce: string } {
    const asked = this.sent.findLast(
      (message) => "nonce" in message && "text" in message && message.text === text,
    );
    if (asked === undefined || !("nonce" in asked)) throw new Error(`nobody said ${text}`);
    return asked;
  }
}

/** What a browser remembers, in a Map. */
export class FakeStore implements Store {
  readonly kept = new Map<StoreKey, string>();
  /** Of the whole browser, where this is the store of one more tab. */
  readonly #browser: FakeStore;

  constructor(browser?: FakeStore) {
    this.#browser = browser ?? this;
  }

  read(key: StoreKey): string {
    return this.#areaOf(key).get(key) ?? "";
  }

  write(key: StoreKey, text: string): void {
    this.#areaOf(key).set(key, text);
  }

  #areaOf(key: StoreKey): Map<StoreKey, string> {
    return isBrowserKey(key) ? this.#browser.kept : this.kept;
  }
}

/** One person at one browser tab, without the browser. */
export class Visit {
  readonly world = new FakeWorld();
  readonly store: FakeStore;
  readonly told: News[] = [];
  watched = true;
  page: Page;

  /** @param tab another one of the same browser. */
  constructor(tab?: Visit) {
    this.store = new FakeStore(tab?.store);
    if (tab !== undefined) {
      this.world.tabs = tab.world.tabs;
      this.world.claims = tab.world.claims;
    }
    this.page = this.load();
  }

  /** Loads the page, again: what it does not store is gone. */
  load(): Page {
    this.page = new Page(this.world, this.store, {
      tab: "tab 1",
      watched: () => this.watched,
      told: (news) => void this.told.push(news),
    });
    return this.page;
  }

  /** Comes into the lobby as Ada, by the token of a login some time ago. */
  enter(): void {
    this.store.write("token", "token.of.ada");
    this.store.write("person", "id of Ada");
    this.store.write("author", "id of Ada\nada@example.org");
    this.store.write("name", "Ada");
    this.store.write("email", "ada@example.org");
    this.load();
    this.comeBack();
    this.world.socket.joined();
  }

  /** Gets a connection and a welcome; rooms are for the test. */
  comeBack(): void {
    const link = this.page.link.value;
    if (link.kind === "waiting") this.world.pass(link.until - this.world.time);
    this.world.socket.accept();
    this.world.socket.welcome("Ada", "token.of.ada");
  }

  /** Writes a line and says it. */
  say(text: string): boolean {
    this.page.conversation.type(text);
    return this.page.conversation.draft.say();
  }

  get room(): Room {
    return this.page.conversation.list.room.value;
  }

  /** What is shown. */
  get lines(): string[] {
    return this.room.timeline.map((item) => ("text" in item ? item.text : item.kind));
  }

  /** What is not in the log yet. */
  get waiting(): string[] {
    return this.page.conversation.sender.outbox.value.map(({ text, state }) => `${state.kind}: ${text}`);
  }

  /** The lines the newest socket was given. */
  get spoken(): string[] {
    return this.world.socket.sent.flatMap((message) => (message.type === Type.Text ? [message.text] : []));
  }
}

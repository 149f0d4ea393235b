import type { WireEvents, World } from "../../public/connection.ts";
import { Page } from "../../public/page.ts";
import type { Store, StoreKey } from "../../public/store.ts";
import { BOT_NAME, encodeMessage, MessageType, type ServerMessage } from "../../src/protocol/message.ts";

/** A socket the page opened, seen from the server's side. */
export interface FakeSocket {
  readonly sent: { type: number; text: string }[];
  closed: boolean;
  accept(): void;
  say(message: ServerMessage): void;
  /** A line somebody says in the room. */
  line(name: string, text: string): void;
  /** A line the house says to this client. */
  house(text: string): void;
  welcome(name: string, token?: string): void;
  close(code: number, reason?: string): void;
}

/** The page's outside world, with a clock that a test moves. */
export class FakeWorld implements World {
  time = Date.parse("2026-11-22T14:00:00Z");
  chance = 0.5;
  readonly sockets: FakeSocket[] = [];
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  openWire(events: WireEvents) {
    const socket = new ServerSide(events);
    this.sockets.push(socket);
    return {
      send: (frame: string) => void socket.sent.push(JSON.parse(frame)),
      close() {
        socket.closed = true;
      },
    };
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
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
  readonly sent: { type: number; text: string }[] = [];
  closed = false;
  readonly #events: WireEvents;

  constructor(events: WireEvents) {
    this.#events = events;
  }

  accept(): void {
    this.#events.opened();
  }

  say(message: ServerMessage): void {
    this.#events.received(encodeMessage(message));
  }

  line(name: string, text: string): void {
    this.say({ type: MessageType.Text, user: { name }, text });
  }

  house(text: string): void {
    this.line(BOT_NAME, text);
  }

  welcome(name: string, token = "token.of"): void {
    this.say({ type: MessageType.AuthAck, user: { name }, text: token });
  }

  close(code: number, reason = ""): void {
    this.#events.closed(code, reason);
  }
}

/** What a browser remembers, in a Map. */
export class FakeStore implements Store {
  readonly kept = new Map<StoreKey, string>();

  read(key: StoreKey): string {
    return this.kept.get(key) ?? "";
  }

  write(key: StoreKey, text: string): void {
    this.kept.set(key, text);
  }
}

/** One person at one browser tab, without the browser. */
export class Visit {
  readonly world = new FakeWorld();
  readonly store = new FakeStore();
  watched = true;
  page = this.load();

  /** Loads the page, again: what it does not store is gone. */
  load(): Page {
    this.page = new Page(this.world, this.store, () => this.watched);
    return this.page;
  }

  /** Comes in as Ada, by the token of a login some time ago. */
  enter(): void {
    this.store.write("token", "token.of.ada");
    this.store.write("name", "Ada");
    this.load();
    this.world.socket.accept();
    this.world.socket.welcome("Ada", "token.of.ada");
  }

  /** Writes a line and says it. */
  say(text: string): boolean {
    this.page.conversation.type(text);
    return this.page.conversation.say();
  }

  /** What is shown. */
  get lines(): string[] {
    return this.page.conversation.timeline.value.map((item) => ("text" in item ? item.text : item.kind));
  }

  /** What is not delivered yet. */
  get waiting(): string[] {
    return this.page.conversation.outbox.value.map(({ text, state }) => `${state.kind}: ${text}`);
  }

  /** The lines the newest socket was given. */
  get spoken(): string[] {
    return this.world.socket.sent.filter(({ type }) => type === MessageType.Text).map(({ text }) => text);
  }
}

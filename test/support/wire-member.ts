import { EventEmitter, once } from "node:events";
import WebSocket from "ws";
import { limits } from "../../src/limits.ts";
import {
  type ClientMessageV2,
  readServerFrame,
  type ServerMessageV2,
  SUBPROTOCOL,
  Type,
  writeFrame,
} from "../../src/protocol/v2.ts";
import { Logbook } from "./logbook.ts";

export interface WireMemberOptions {
  name: string;
  /** A session token. */
  token: string;
  room: string;
  /** Where it connects, `http://…`. */
  url: string;
  /** Whether it sends all it has at once, or waits for the answer to Auth before it joins, and for Joined before it talks. */
  isHasty: boolean;
}

/** How long it waits before it connects again. */
const PAUSE_MS = 20;

/** A client of version 2 over real WebSockets that comes back by itself, resumes, and says again what was not acked. */
export class WireMember implements AsyncDisposable {
  readonly book: Logbook;
  /** How each connection that was open has ended: 1006 without a word. */
  readonly closeCodes: number[] = [];
  readonly #options: WireMemberOptions;
  readonly #news = new EventEmitter();
  #ws: WebSocket;
  #pause: NodeJS.Timeout | undefined;
  /** Whether it may talk on this connection. */
  #talks = false;
  /** What a client must never see. */
  #scandal: unknown;

  constructor(options: WireMemberOptions) {
    this.#options = options;
    this.book = new Logbook(options.name);
    this.#ws = this.#connect();
  }

  /** Says a line: now, or as soon as it may talk. */
  say(text: string): void {
    this.book.outbox.push(text);
    if (this.#talks) this.#send([this.#line(text)]);
  }

  /** Gives up its connection without a word, as when it finds that the network is another, and connects again. */
  reconnect(): void {
    const ws = this.#ws;
    ws.removeAllListeners();
    ws.on("error", () => {});
    this.#lost(1006);
  }

  /** Waits until something is so. Throws when that takes too long, and on whatever a client must never see. */
  async until(what: string, isSo: (book: Logbook) => boolean, timeoutMs = 10_000): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (this.#scandal === undefined && !isSo(this.book)) {
      await once(this.#news, "news", { signal }).catch(() => {
        throw new Error(`${this.book.name} in ${this.#options.room} waits for ${what} in vain`);
      });
    }
    if (this.#scandal !== undefined) throw this.#scandal;
  }

  /** Leaves the room for good, so that it can be forgotten, and the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ws = this.#ws;
    clearTimeout(this.#pause);
    ws.removeAllListeners("close");
    if (this.#talks) this.#send([{ type: Type.Leave, room: this.#options.room }]);
    ws.close();
    if (ws.readyState !== WebSocket.CLOSED) await new Promise((resolve) => ws.once("close", resolve));
  }

  #connect(): WebSocket {
    const { token, url, isHasty } = this.#options;
    const ws = new WebSocket(`${url.replace("http", "ws")}/connect`, SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    let isOpen = false;
    ws.on("open", () => {
      isOpen = true;
      this.#send([{ type: Type.Auth, text: token }]);
      if (isHasty) this.#join();
      if (isHasty) this.#talk();
    });
    ws.on("message", (data: Buffer) => this.#hear(data.toString()));
    ws.on("close", (code) => this.#lost(...(isOpen ? [code] : [])));
    ws.on("error", () => {}); // `close` follows
    return ws;
  }

  #lost(...closeCode: number[]): void {
    this.closeCodes.push(...closeCode);
    this.#talks = false;
    this.#pause = setTimeout(() => {
      this.#ws = this.#connect();
    }, PAUSE_MS);
  }

  #join(): void {
    this.#send([{ type: Type.Join, room: this.#options.room, since: this.book.since }]);
  }

  #talk(): void {
    this.#talks = true;
    const lines = this.book.outbox.map((text) => this.#line(text));
    while (lines.length > 0) this.#send(lines.splice(0, limits.messagesPerFrame));
  }

  #hear(frame: string): void {
    try {
      for (const message of messagesOf(frame)) this.#take(message);
    } catch (error) {
      this.#scandal ??= error;
    }
    this.#news.emit("news");
  }

  #take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.AuthRst:
      case Type.MayNotEnter:
      case Type.Refused:
        throw new Error(`${this.book.name} was refused: ${message.text}`);
      case Type.AuthAck:
        if (!this.#options.isHasty) this.#join();
        break;
      default:
        this.book.take(message);
        if (message.type === Type.Joined && !this.#options.isHasty) this.#talk();
    }
  }

  #line(text: string): ClientMessageV2 {
    return { type: Type.Text, room: this.#options.room, text, nonce: text };
  }

  #send(messages: ClientMessageV2[]): void {
    this.#ws.send(writeFrame(messages));
  }
}

function messagesOf(frame: string): ServerMessageV2[] {
  const read = readServerFrame(frame);
  if (read.kind === "malformed") throw new Error(`the server sent ${frame}: ${read.problem}`);
  return read.messages.map((message) => {
    if (message.kind !== "message") throw new Error(`${message.problem} in ${frame}`);
    return message.message;
  });
}

import WebSocket from "ws";
import { limits } from "../../src/limits.ts";
import { BOT_NAME, MessageType, parseServerMessage, type ServerMessage } from "../../src/protocol/v1.ts";
import {
  type ClientMessageV2,
  encodeFrame,
  type ServerMessageV2,
  SUBPROTOCOL,
  Type,
} from "../../src/protocol/v2.ts";
import { messagesOf, RoomRecord } from "./room-record.ts";
import type { ServerProcess } from "./server-process.ts";
import { Waiter } from "./waiter.ts";

/** A client of version 1 over a real WebSocket, for tests: it keeps everything it gets until it is taken. */
export class SocketClient {
  readonly #ws: WebSocket;
  readonly #messages: { message: ServerMessage; frame: string }[] = [];
  readonly #waiter = new Waiter();
  /** How the socket was closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #gone = false;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (data: Buffer) => {
      const frame = data.toString();
      const parsed = parseServerMessage(frame);
      if (parsed.kind !== "message") throw new Error(`the server sent ${frame}: ${parsed.problem}`);
      this.#messages.push({ message: parsed.message, frame });
      this.#waiter.wake();
    });
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        this.#gone = true;
        this.#waiter.wake();
        resolve({ code, reason: reason.toString() });
      });
    });
    ws.on("error", () => {}); // `close` follows
  }

  /** @param url the server's, `http://…`. */
  static async connect(
    url: string,
    options: { origin?: string; headers?: Record<string, string> } = {},
  ): Promise<SocketClient> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/connect`, {
      perMessageDeflate: false,
      ...options,
    });
    const client = new SocketClient(ws);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    return client;
  }

  /** Connects, logs in with a session token, and takes what a client hears first. */
  static async enter(url: string, token: string): Promise<SocketClient> {
    const client = await SocketClient.connect(url);
    await client.auth(token);
    return client;
  }

  /** Logs in with a code or token, up to and with one's own "entered chat" line or, for a further tab, the greetings. */
  async auth(token: string): Promise<ServerMessage> {
    this.send(MessageType.Auth, token);
    const ack = await this.next();
    if (ack.type !== MessageType.AuthAck) throw new Error(`not logged in: ${JSON.stringify(ack)}`);
    await this.next();
    await this.next();
    return ack;
  }

  hello(name: string, email: string): void {
    this.send(MessageType.Hello, `${name}\n${email}`);
  }

  say(text: string): void {
    this.send(MessageType.Text, text);
  }

  send(type: number, text: string): void {
    this.sendRaw(JSON.stringify({ type, text }));
  }

  sendRaw(frame: string | Buffer): void {
    this.#ws.send(frame);
  }

  /** The next message, waiting for it. Fails when the socket is closed first. */
  async next(timeoutMs?: number): Promise<ServerMessage> {
    return (await this.#next(timeoutMs)).message;
  }

  /** The text of the next line that is not the bot's nor about coming and going. */
  async nextText(): Promise<string> {
    for (;;) {
      const message = await this.next();
      const isLine = message.type === MessageType.Text && message.user.name !== BOT_NAME;
      if (isLine && !/^(entered|left) chat$/.test(message.text)) return message.text;
    }
  }

  /** The next line of the bot's. */
  async nextNotice(): Promise<string> {
    for (;;) {
      const message = await this.next();
      if (message.type === MessageType.Text && message.user.name === BOT_NAME) return message.text;
    }
  }

  /** Waits for a message that is meant; takes all before it. */
  async until(isMeant: (message: ServerMessage) => boolean, timeoutMs?: number): Promise<void> {
    while (!isMeant(await this.next(timeoutMs)));
  }

  /** Checks the next message as it was on the wire. */
  async raw(expected: RegExp): Promise<void> {
    const { frame } = await this.#next();
    if (!expected.test(frame)) throw new Error(`the server sent ${frame}, not ${expected}`);
  }

  /** Whether a ping comes in time. */
  pinged(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#ws.once("ping", () => resolve(true));
      setTimeout(() => resolve(false), timeoutMs);
    });
  }

  /** Everything that has come and was not taken. */
  takeAll(): ServerMessage[] {
    return this.#messages.splice(0).map(({ message }) => message);
  }

  /** Stops reading: the server's data stays in the network. */
  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(): void {
    this.#ws.close();
  }

  /** Goes away without a word, as a laptop that is shut. */
  terminate(): void {
    this.#ws.terminate();
  }

  #next(timeoutMs?: number): Promise<{ message: ServerMessage; frame: string }> {
    return this.#waiter.until(
      () => {
        const next = this.#messages.shift();
        if (next === undefined && this.#gone)
          throw new Error("the socket was closed before the next message");
        return next;
      },
      "no message",
      timeoutMs,
    );
  }
}

export interface ResumingSocketClientOptions {
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
export class ResumingSocketClient implements AsyncDisposable {
  readonly record: RoomRecord;
  /** How each connection that was open has ended: 1006 without a word. */
  readonly closeCodes: number[] = [];
  readonly #options: ResumingSocketClientOptions;
  readonly #waiter = new Waiter();
  #ws: WebSocket;
  #pause: NodeJS.Timeout | undefined;
  /** Whether it may talk on this connection. */
  #talks = false;
  /** What a client must never see. */
  #violation: unknown;

  /** Somebody in a room of this server. @param url where they connect, which may be a proxy. */
  static of(
    server: ServerProcess,
    name: string,
    { room = "lobby", url = server.url, isHasty = false } = {},
  ): ResumingSocketClient {
    return new ResumingSocketClient({ name, token: server.token(name), room, url, isHasty });
  }

  constructor(options: ResumingSocketClientOptions) {
    this.#options = options;
    this.record = new RoomRecord(options.name);
    this.#ws = this.#connect();
  }

  /** Says a line: now, or as soon as it may talk. */
  say(text: string): void {
    this.record.outbox.push(text);
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
  async until(what: string, isSo: (record: RoomRecord) => boolean, timeoutMs?: number): Promise<void> {
    const complaint = `${this.record.name} in ${this.#options.room} waits in vain for ${what}`;
    await this.#waiter.until(() => this.#violation ?? (isSo(this.record) || undefined), complaint, timeoutMs);
    if (this.#violation !== undefined) throw this.#violation;
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
    this.#send([{ type: Type.Join, room: this.#options.room, since: this.record.since }]);
  }

  #talk(): void {
    this.#talks = true;
    const lines = this.record.outbox.map((text) => this.#line(text));
    while (lines.length > 0) this.#send(lines.splice(0, limits.messagesPerFrame));
  }

  #hear(frame: string): void {
    try {
      for (const message of messagesOf(frame)) this.#take(message);
    } catch (error) {
      this.#violation ??= error;
    }
    this.#waiter.wake();
  }

  #take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.Refused:
        if (message.code === "busy") break; // the server stops: what was refused is in the outbox, for the next connection
        throw new Error(`${this.record.name} was refused: ${message.text}`);
      case Type.AuthRst:
      case Type.MayNotEnter:
        throw new Error(`${this.record.name} was refused: ${message.text}`);
      case Type.AuthAck:
        if (!this.#options.isHasty) this.#join();
        break;
      default:
        this.record.take(message);
        if (message.type === Type.Joined && !this.#options.isHasty) this.#talk();
    }
  }

  #line(text: string): ClientMessageV2 {
    return { type: Type.Text, room: this.#options.room, text, nonce: text };
  }

  #send(messages: ClientMessageV2[]): void {
    this.#ws.send(encodeFrame(messages));
  }
}

/** A client in the lobby that does nothing wrong and talks: what others do to the server must not disturb it. */
export class HealthyClient {
  readonly #client: SocketClient;
  readonly #name: string;
  #said = 0;
  #heard = 0;
  /** What others said and nobody has asked for, by name. */
  readonly #others = new Map<string, string[]>();

  private constructor(client: SocketClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  static async enter(server: ServerProcess, name = "healthy"): Promise<HealthyClient> {
    return new HealthyClient(await SocketClient.enter(server.url, server.token(name)), name);
  }

  say(): void {
    this.#said += 1;
    this.#client.say(`undisturbed ${this.#said}`);
  }

  /** Waits for all of one's own lines. Throws unless each comes once, in order. */
  async hearAll(): Promise<void> {
    while (this.#heard < this.#said) await this.#hearOne();
  }

  /** Waits until somebody has left, and returns all they said in the room. */
  async allFrom(name: string): Promise<string[]> {
    for (;;) {
      const lines = this.#others.get(name) ?? [];
      if (lines.at(-1) === "left chat") {
        this.#others.delete(name);
        return lines.slice(1, -1);
      }
      await this.#hearOne();
    }
  }

  async #hearOne(): Promise<void> {
    const { type, user, text } = await this.#client.next();
    if (type !== MessageType.Text) throw new Error(`the healthy client was sent a message of type ${type}`);
    if (user.name !== this.#name) {
      this.#others.set(user.name, [...(this.#others.get(user.name) ?? []), text]);
      return;
    }
    if (text === "entered chat") return;
    const due = `undisturbed ${this.#heard + 1}`;
    if (text !== due) throw new Error(`"${text}" came in place of "${due}"`);
    this.#heard += 1;
  }
}

import { pino } from "pino";
import type { Channel } from "../../src/channel/channel.ts";
import { recover, type State } from "../../src/chat/recovery.ts";
import { mintToken } from "../../src/cli/token.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import type { LoginMail, Mailer, SendResult } from "../../src/login/mailer.ts";
import type { Goodbye } from "../../src/protocol/close.ts";
import { MessageType, parseServerMessage, type ServerMessage } from "../../src/protocol/v1.ts";
import { type ClientMessageV2, encodeFrame, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import { Server } from "../../src/server/server.ts";
import { parseCommand, type Settings } from "../../src/settings/settings.ts";
import { Store } from "../../src/store/store.ts";
import { systemRandom } from "../../src/system/random.ts";
import type { Peer } from "../../src/transport/peer.ts";
import type { Frame, Socket, Version } from "../../src/transport/socket.ts";
import { receive } from "../../src/transport/socket.ts";
import { FakeClock } from "./fake-clock.ts";
import type { FakeDisk } from "./fake-disk.ts";
import { messagesOf, RoomRecord } from "./room-record.ts";

/** The whole server in this process and in virtual time, with sockets and mail that a test holds in its hands. */
export class InProcessServer {
  readonly clock: FakeClock;
  readonly server: Server;
  readonly mails: LoginMail[] = [];
  /** What the mail server does with the next mails. */
  mailResult: SendResult = { kind: "sent" };
  readonly log: string[] = [];
  readonly #keys = keysFromSecret(Buffer.alloc(32, "secret"));

  /** A server that keeps its state on a disk, and finds there what one before it has left. */
  static async on(disk: FakeDisk, env: Record<string, string> = {}): Promise<InProcessServer> {
    const { clock } = disk;
    const recovering = recover(new Store(disk.insert(), { clock, logger: pino({ level: "silent" }) }), {
      random: systemRandom,
      isCopy: false,
    });
    await clock.settle();
    const recovery = await recovering;
    if (recovery.kind === "damaged") throw new Error(recovery.problem);
    return new InProcessServer(env, { clock, state: recovery });
  }

  constructor(
    env: Record<string, string> = {},
    { clock, state }: { clock: FakeClock; state: State } = {
      clock: new FakeClock(),
      state: { kind: "memory" },
    },
  ) {
    this.clock = clock;
    const mailer: Mailer = {
      send: async (mail) => {
        this.mails.push(mail);
        return this.mailResult;
      },
      close: () => {},
    };
    this.server = new Server(settingsOf(env), {
      clock: this.clock,
      random: systemRandom,
      logger: pino({ base: null }, { write: (line) => void this.log.push(line) }),
      mailer,
      ...this.#keys,
      state,
      publicUrl: () => "https://chat.example.org",
    });
  }

  /** @param origin of the page that it is; empty where it is a program. */
  connect(address = "192.0.2.1", origin = ""): InProcessClient {
    const socket = new FakeSocket({ address, key: address, device: "a program", origin }, 1);
    return new InProcessClient(socket, this.server.open(socket), this.clock);
  }

  /** The same in version 2. */
  connectV2(address = "192.0.2.1", origin = ""): InProcessClientV2 {
    const socket = new FakeSocket({ address, key: address, device: "a program", origin }, 2);
    return new InProcessClientV2(socket, this.server.open(socket), this.clock);
  }

  /** A client of version 2 that is logged in, and in no room yet. */
  async logInV2(name: string, tab?: string, address?: string): Promise<InProcessClientV2> {
    const client = this.connectV2(address);
    await client.send({ type: Type.Auth, text: this.token(name), ...(tab === undefined ? {} : { tab }) });
    client.take();
    return client;
  }

  /** A client that is in the room and has heard its greetings. */
  async enter(name: string): Promise<InProcessClient> {
    const client = this.connect();
    await client.send(MessageType.Auth, this.token(name));
    client.take();
    return client;
  }

  token(name: string, email = `${name}@example.org`): string {
    const minted = mintToken({ name, email }, this.#keys, {
      clock: this.clock,
      random: (bytes) => Buffer.alloc(bytes, `${name} ${email}`), // one session for each name of an address
    });
    if (minted.kind === "wrong") throw new Error(minted.sentence);
    return minted.token;
  }

  lastCode(): string {
    const mail = this.mails.at(-1);
    if (!mail) throw new Error("no mail was sent");
    return mail.code;
  }

  /** Stops the server, in virtual time. */
  async stop(): Promise<boolean> {
    const stopped = this.server.stop();
    await this.clock.advance(60_000);
    return stopped;
  }
}

/** A socket in memory. */
class FakeSocket implements Socket {
  readonly peer: Peer;
  readonly version: Version;
  readonly frames: Frame[] = [];
  /** Of all frames that came, taken or not. */
  bytes = 0;
  /** How the server closed it. */
  goodbye: Goodbye | undefined;
  /** Whether the network takes nothing for now. */
  stalled = false;
  /** What it holds in memory. */
  heldBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(peer: Peer, version: Version) {
    this.peer = peer;
    this.version = version;
  }

  get isFull(): boolean {
    return this.stalled && !this.goodbye;
  }

  cut(): void {
    this.end({ code: 1006, reason: "", retry: "now" });
  }

  send(frames: readonly Frame[]): number {
    if (this.goodbye) return frames.length;
    if (this.stalled) return 0;
    this.frames.push(...frames);
    for (const frame of frames) this.bytes += frame.length;
    return frames.length;
  }

  drained(): Promise<void> {
    if (!this.stalled || this.goodbye) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  end(goodbye: Goodbye): boolean {
    if (this.goodbye) return false;
    this.goodbye = goodbye;
    this.wake();
    return true;
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The client's end of a socket, in either version. */
abstract class InProcessClientBase {
  readonly #socket: FakeSocket;
  readonly #inbox: Channel<string>;
  readonly #clock: FakeClock;

  constructor(socket: FakeSocket, inbox: Channel<string>, clock: FakeClock) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.#clock = clock;
  }

  /** How the server said goodbye; undefined while the socket is open. */
  get goodbye(): Goodbye | undefined {
    return this.#socket.goodbye;
  }

  /** Bytes that have come on the socket. */
  get bytes(): number {
    return this.#socket.bytes;
  }

  /** Sends frames, and lets the server do all it can at this time. */
  async sendRaw(...frames: string[]): Promise<void> {
    for (const frame of frames) receive(this.#socket, this.#inbox, Buffer.from(frame), false);
    await this.#clock.settle();
  }

  /** The frames that came since the last time. */
  protected frames(): string[] {
    return this.#socket.frames.splice(0).map((frame) => Buffer.from(frame).toString());
  }

  stall(): void {
    this.#socket.stalled = true;
  }

  /** The socket holds so many bytes in memory. */
  hold(bytes: number): void {
    this.#socket.heldBytes = bytes;
  }

  async goOn(): Promise<void> {
    this.#socket.stalled = false;
    this.#socket.wake();
    await this.#clock.settle();
  }

  /** The last frames that were sent never arrive. */
  lose(frames: number): void {
    if (frames > 0) this.#socket.frames.splice(-frames);
  }

  /** The network takes the socket away. */
  async vanish(): Promise<void> {
    this.#socket.goodbye = { code: 1006, reason: "", retry: "now" };
    this.#socket.wake();
    this.#inbox.close();
    await this.#clock.settle();
  }
}

/** A client of version 1. */
export class InProcessClient extends InProcessClientBase {
  async send(type: number, text: string): Promise<void> {
    await this.sendRaw(JSON.stringify({ type, text }));
  }

  /** What came since the last time. */
  take(): ServerMessage[] {
    return this.frames().map((frame) => {
      const parsed = parseServerMessage(frame);
      if (parsed.kind !== "message") throw new Error(`the server sent ${frame}`);
      return parsed.message;
    });
  }

  /** The same in short: `ann: hello`, `AuthRst: …`. */
  heard(): string[] {
    return this.take().map(inShort);
  }
}

/** A client of version 2. */
export class InProcessClientV2 extends InProcessClientBase {
  /** Sends messages, each in a frame of its own. */
  async send(...messages: ClientMessageV2[]): Promise<void> {
    await this.sendRaw(...messages.map(encodeFrame));
  }

  /** What came since the last time, out of all frames. */
  take(): ServerMessageV2[] {
    return this.frames().flatMap(messagesOf);
  }

  /** The messages of one type that came since the last time; all others are dropped. */
  only<T extends ServerMessageV2["type"]>(type: T): Extract<ServerMessageV2, { type: T }>[] {
    const isOfType = (message: ServerMessageV2): message is Extract<ServerMessageV2, { type: T }> =>
      message.type === type;
    return this.take().filter(isOfType);
  }
}

function inShort(message: ServerMessage): string {
  switch (message.type) {
    case MessageType.Text:
      return `${message.user.name}: ${message.text}`;
    case MessageType.AuthAck:
      return `AuthAck: ${message.user.name}`;
    case MessageType.AuthRst:
      return `AuthRst: ${message.text}`;
    case MessageType.MayNotEnter:
      return `MayNotEnter ${message.user.name}: ${message.text}`;
  }
}

/** The room that resuming clients are in. */
const room = "lobby";

/** A client as the protocol wants one: it resumes where it was, and says again what was not acked. */
export class ResumingInProcessClient {
  readonly name: string;
  readonly record: RoomRecord;
  #server: InProcessServer;
  #client: InProcessClientV2 | undefined;
  #said = 0;

  constructor(server: InProcessServer, name: string) {
    this.#server = server;
    this.name = name;
    this.record = new RoomRecord(name);
  }

  /** The server has closed the connection, or it was lost. */
  get isOut(): boolean {
    return this.#client?.goodbye !== undefined;
  }

  /** Connects, comes into the room where it was, and says again what was not acked. */
  async connect(server = this.#server): Promise<void> {
    if (this.#client && !this.#client.goodbye && server === this.#server) return;
    this.#server = server;
    this.#client = await server.logInV2(this.name, "tab");
    await this.#client.send({ type: Type.Join, room, since: this.record.since });
    this.hear();
    for (const text of this.record.outbox) {
      await this.#client.send({ type: Type.Text, room, text, nonce: text });
    }
    this.hear();
  }

  async say(): Promise<void> {
    this.#said += 1;
    const text = `${this.name} ${this.#said}`;
    this.record.outbox.push(text);
    if (this.#client && !this.#client.goodbye) {
      await this.#client.send({ type: Type.Text, room, text, nonce: text });
    }
  }

  /** The network goes, and with it the last frames that were sent to us. */
  async vanish(lostFrames: number): Promise<void> {
    this.#client?.lose(lostFrames);
    this.hear();
    await this.#client?.vanish();
  }

  stall(): void {
    this.#client?.stall();
  }

  async goOn(): Promise<void> {
    await this.#client?.goOn();
    this.hear();
  }

  /** Takes in all that has come. Throws on whatever a client must never see. */
  hear(): void {
    for (const message of this.#client?.take() ?? []) this.record.take(message);
  }
}

/** What the server runs with in this environment. */
export function settingsOf(env: Record<string, string>): Settings {
  const command = parseCommand([], env);
  if (command.kind !== "serve") throw new Error(`wrong settings: ${JSON.stringify(command)}`);
  return command.settings;
}

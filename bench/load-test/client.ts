import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import type { CodeCredential, Credential } from "../common/login.ts";
import { maskedFrame, Opcode } from "../load/websocket.ts";
import type { Answer, FrameReader, Received, Version } from "./received.ts";

/** Where clients connect to, and as what. */
export interface Target {
  url: string;
  /** The page that clients say they are of; undefined says nothing, as programs do. */
  origin: string | undefined;
  version: Version;
}

/** How a client leaves: it closes, its network breaks, or it breaks half-way through a frame. */
export const exits = ["politely", "by reset", "half-way through a frame"] as const;
export type Exit = (typeof exits)[number];

/** How a connection ended: the client left, or the server or the network closed it. */
export type Ending =
  | { kind: "left"; exit: Exit | "at once" }
  | { kind: "closed"; code: number; reason: string };

/** How long a server may take for each step of logging in. */
const ANSWER_MS_MAX = 15_000;
const NO_ANSWER = `no answer within ${ANSWER_MS_MAX / 1_000} s`;
/** How often a client that is too fast asks for a room again. */
const JOIN_TRIES = 20;

type State =
  | { kind: "connecting" }
  | { kind: "open"; socket: Socket }
  | { kind: "leaving"; exit: Exit }
  | Ending;

/**
 * One simulated client of the load test and of the soak. It uses the `ws` package and not the benchmark's bare sockets,
 * because it meets what deployments have: TLS, proxies, frames of any length.
 */
export class Client {
  readonly version: Version;
  /** Settles when the connection has ended. */
  readonly ended: Promise<Ending>;
  readonly #ws: WebSocket;
  readonly #read: FrameReader;
  readonly #onReceived: (received: Received) => void;
  #settleEnded: (ending: Ending) => void = () => {};
  /** Who waits for the next answer. */
  #waiter: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #state: State = { kind: "connecting" };

  private constructor(
    { url, origin, version }: Target,
    read: FrameReader,
    onReceived: (received: Received) => void,
  ) {
    this.version = version;
    this.#read = read;
    this.#onReceived = onReceived;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    const headers = origin === undefined ? {} : { origin };
    const settings = { perMessageDeflate: false, handshakeTimeout: ANSWER_MS_MAX, ...headers };
    this.#ws = new WebSocket(url, version === 2 ? [SUBPROTOCOL] : [], settings);
    this.#ws.once("upgrade", ({ socket }) => {
      if (this.#state.kind === "connecting") this.#state = { kind: "open", socket };
    });
    this.#ws.on("message", (data) => this.#take(String(data)));
    this.#ws.on("error", ({ message }) => this.#end(1006, message));
    this.#ws.on("close", (code, reason) => this.#end(code, `${code} ${reason}`.trim()));
  }

  /** Connects. Rejects with the reason why it can't. @param onReceived is called in the order in which the server sends. */
  static async connect(
    target: Target,
    read: FrameReader,
    onReceived: (received: Received) => void,
  ): Promise<Client> {
    const client = new Client(target, read, onReceived);
    await new Promise((resolve, reject) => {
      client.#waiter = { resolve: () => {}, reject };
      client.#ws.once("open", resolve);
    });
    return client;
  }

  /** Rejects with the reason why it is not logged in, and has then closed. */
  async logIn(credential: Credential): Promise<void> {
    try {
      const text = credential.kind === "token" ? credential.token : await this.#codeOf(credential);
      const answer = await this.#ask({ type: Type.Auth, text });
      if (answer.kind !== "accepted") throw new Error(`not logged in: ${reasonOf(answer)}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Only in version 2. Rejects with the reason why it is not let into the room, and has then closed. */
  async join(room: string): Promise<void> {
    try {
      for (let tries = 1; ; tries += 1) {
        const answer = await this.#ask({ type: Type.Join, room });
        if (answer.kind === "joined") return;
        const waitMs = answer.kind === "rejected" ? answer.retryAfterMs : undefined;
        if (waitMs === undefined || tries === JOIN_TRIES)
          throw new Error(`not let into ${room}: ${reasonOf(answer)}`);
        await sleep(waitMs);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  /** Version 1 takes no notice of room and nonce. */
  say(room: string, text: string, nonce: string): void {
    this.send({ type: Type.Text, room, text, nonce });
  }

  send(message: object): void {
    this.sendFrame(JSON.stringify(message));
  }

  /** A binary frame where it is bytes. */
  sendFrame(frame: string | Buffer): void {
    if (this.isOpen) this.#ws.send(frame);
  }

  stopReading(): void {
    this.#ws.pause();
  }

  resumeReading(): void {
    this.#ws.resume();
  }

  /** Ends the connection at once. */
  close(): void {
    this.#settle({ kind: "left", exit: "at once" });
  }

  /** Leaves in that way, unless it has ended already; settles when it has. */
  async leave(exit: Exit): Promise<void> {
    if (this.#state.kind === "open") {
      const { socket } = this.#state;
      this.#state = { kind: "leaving", exit };
      this.#breakOff(exit, socket);
    }
    this.resumeReading();
    await this.ended;
  }

  #breakOff(exit: Exit, socket: Socket): void {
    switch (exit) {
      case "politely":
        this.#ws.close(1000);
        break;
      case "by reset":
        socket.resetAndDestroy();
        break;
      case "half-way through a frame": {
        const frame = maskedFrame(
          Opcode.Text,
          Buffer.from(JSON.stringify({ type: Type.Text, text: "abc" })),
          1,
        );
        socket.write(frame.subarray(0, frame.length / 2), () => socket.destroy());
      }
    }
  }

  /** Asks for a code, and waits for it. In version 1 silence says that a code is on its way. */
  async #codeOf({ name, email, code }: CodeCredential): Promise<string> {
    const hello = { type: Type.Hello, text: `${name}\n${email}` };
    const over = new AbortController();
    if (this.version === 2) {
      const answer = await this.#ask(hello);
      if (answer.kind !== "codeSent") throw new Error(`no code was sent: ${reasonOf(answer)}`);
      return code(over.signal);
    }
    const refused = this.#answer().then((answer): never => {
      throw new Error(`no code was sent: ${reasonOf(answer)}`);
    });
    this.send(hello);
    return Promise.race([refused, code(over.signal)]).finally(() => over.abort());
  }

  async #ask(request: object): Promise<Answer> {
    const late = setTimeout(() => this.#waiter?.reject(new Error(NO_ANSWER)), ANSWER_MS_MAX);
    try {
      const answer = this.#answer();
      this.send(request);
      return await answer;
    } finally {
      clearTimeout(late);
    }
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #take(frame: string): void {
    if (this.#state.kind !== "open" && this.#state.kind !== "leaving") return;
    for (const received of this.#read(frame)) {
      this.#onReceived(received);
      switch (received.kind) {
        case "codeSent":
        case "accepted":
        case "joined":
        case "rejected":
          this.#waiter?.resolve(received);
      }
    }
  }

  #end(code: number, reason: string): void {
    const state = this.#state;
    this.#settle(
      state.kind === "leaving" ? { kind: "left", exit: state.exit } : { kind: "closed", code, reason },
    );
  }

  #settle(ending: Ending): void {
    if (this.#state.kind === "left" || this.#state.kind === "closed") return;
    this.#state = ending;
    this.#waiter?.reject(new Error(ending.kind === "closed" ? ending.reason : "the client left"));
    this.#settleEnded(ending);
    this.#ws.terminate();
  }
}

function reasonOf(answer: Answer): string {
  return answer.kind === "rejected" ? answer.reason : `the server answered ${answer.kind}`;
}

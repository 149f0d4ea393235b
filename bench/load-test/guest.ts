import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import type { Answer, FrameReader, Heard } from "./heard.ts";
import type { CodeCredential, Credential } from "./login.ts";
import type { Options } from "./options.ts";

/** What a guest tells whoever counts. */
export interface GuestEvents {
  /** Called in the order in which the server said it. */
  heard(heard: Exclude<Heard, { kind: "rejected" | "accepted" | "codeSent" }>): void;
  /** The server or the network has ended it. */
  closed(reason: string): void;
}

/** How long a server may take for each step of coming in. */
const ANSWER_MS_MAX = 15_000;
const NO_ANSWER = `no answer within ${ANSWER_MS_MAX / 1_000} s`;
/** How often a guest that is too fast asks for a room again. */
const JOIN_TRIES = 20;

/**
 * One client of the load. It goes over the `ws` package and not over the fan-out benchmark's bare sockets, for it meets what
 * deployments have: TLS, proxies, frames of any length.
 */
export class Guest {
  readonly #ws: WebSocket;
  readonly #read: FrameReader;
  readonly #events: GuestEvents;
  /** Who waits for the next answer. */
  #waiter: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #isOpen = true;

  private constructor({ url, origin, version }: Options, read: FrameReader, events: GuestEvents) {
    this.#read = read;
    this.#events = events;
    const headers = origin === undefined ? {} : { origin };
    const settings = { perMessageDeflate: false, handshakeTimeout: ANSWER_MS_MAX, ...headers };
    this.#ws = new WebSocket(url, version === 2 ? [SUBPROTOCOL] : [], settings);
    this.#ws.on("message", (data) => this.#hear(String(data)));
    this.#ws.on("error", ({ message }) => this.#end(message));
    this.#ws.on("close", (code, reason) => this.#end(`${code} ${reason}`.trim()));
  }

  /** Connects and logs in. Rejects with the reason why it can't; the events tell of nothing before it is in. */
  static async enter(
    options: Options,
    credential: Credential,
    read: FrameReader,
    events: GuestEvents,
  ): Promise<Guest> {
    let isIn = false;
    const guest = new Guest(options, read, {
      heard: (heard) => events.heard(heard),
      closed: (reason) => isIn && events.closed(reason),
    });
    try {
      await guest.#opened();
      await guest.#logIn(credential, options.version === 2);
      isIn = true;
      return guest;
    } catch (error) {
      guest.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Only in version 2. */
  async join(room: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#ask({ type: Type.Join, room });
      if (answer.kind === "joined") return;
      const waitMs = answer.kind === "rejected" ? answer.retryAfterMs : undefined;
      if (waitMs === undefined || tries === JOIN_TRIES)
        throw new Error(`not let into ${room}: ${reasonOf(answer)}`);
      await sleep(waitMs);
    }
  }

  /** Version 1 takes no notice of room and nonce. */
  say(room: string, text: string, nonce: string): void {
    this.#send({ type: Type.Text, room, text, nonce });
  }

  close(): void {
    this.#isOpen = false;
    this.#ws.terminate();
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve: () => {}, reject };
      this.#ws.once("open", resolve);
    });
  }

  async #logIn(credential: Credential, isAnswered: boolean): Promise<void> {
    const text = credential.kind === "token" ? credential.token : await this.#codeOf(credential, isAnswered);
    const answer = await this.#ask({ type: Type.Auth, text });
    if (answer.kind !== "accepted") throw new Error(`not logged in: ${reasonOf(answer)}`);
  }

  /** @param isAnswered whether the server says that a code is on its way: in version 1 that is silence. */
  async #codeOf({ name, email, code }: CodeCredential, isAnswered: boolean): Promise<string> {
    const hello = { type: Type.Hello, text: `${name}\n${email}` };
    const over = new AbortController();
    if (isAnswered) {
      const answer = await this.#ask(hello);
      if (answer.kind !== "codeSent") throw new Error(`no code was sent: ${reasonOf(answer)}`);
      return code(over.signal);
    }
    const refused = this.#answer().then((answer): never => {
      throw new Error(`no code was sent: ${reasonOf(answer)}`);
    });
    this.#send(hello);
    return Promise.race([refused, code(over.signal)]).finally(() => over.abort());
  }

  async #ask(request: object): Promise<Answer> {
    const late = setTimeout(() => this.#waiter?.reject(new Error(NO_ANSWER)), ANSWER_MS_MAX);
    try {
      const answer = this.#answer();
      this.#send(request);
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

  #send(message: object): void {
    if (this.#isOpen) this.#ws.send(JSON.stringify(message));
  }

  #hear(frame: string): void {
    if (!this.#isOpen) return;
    for (const heard of this.#read(frame)) {
      switch (heard.kind) {
        case "joined":
          this.#events.heard(heard);
          this.#waiter?.resolve(heard);
          break;
        case "rejected":
        case "accepted":
        case "codeSent":
          this.#waiter?.resolve(heard);
          break;
        default:
          this.#events.heard(heard);
      }
    }
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#waiter?.reject(new Error(reason));
    this.#events.closed(reason);
  }
}

function reasonOf(answer: Answer): string {
  return answer.kind === "rejected" ? answer.reason : `the server answered ${answer.kind}`;
}

import WebSocket from "ws";
import { BOT_NAME, MessageType, parseServerMessage, type ServerMessage } from "../../src/protocol/v1.ts";

/** A client of version 1 over a real WebSocket, for tests: it keeps everything it gets until it is taken. */
export class TestClient {
  readonly #ws: WebSocket;
  readonly #messages: { message: ServerMessage; frame: string }[] = [];
  #wake: () => void = () => {};
  #isWaiting = false;
  /** How the socket was closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #gone = false;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (data: Buffer) => {
      const parsed = parseServerMessage(data.toString());
      if (parsed.kind !== "message") throw new Error(`the server sent ${data}: ${parsed.problem}`);
      this.#messages.push({ message: parsed.message, frame: data.toString() });
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        this.#gone = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
    ws.on("error", () => {}); // `close` follows
  }

  /** @param url the server's, `http://…`. */
  static async connect(
    url: string,
    options: { origin?: string; headers?: Record<string, string> } = {},
  ): Promise<TestClient> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/connect`, {
      perMessageDeflate: false,
      ...options,
    });
    const client = new TestClient(ws);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    return client;
  }

  /** Connects, logs in with a session token, and takes what a client hears first. */
  static async enter(url: string, token: string): Promise<TestClient> {
    const client = await TestClient.connect(url);
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
  async next(timeoutMs = 5_000): Promise<ServerMessage> {
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
  async until(isMeant: (message: ServerMessage) => boolean, timeoutMs = 5_000): Promise<void> {
    while (!isMeant(await this.next(timeoutMs)));
  }

  /** Checks the next message as it was on the wire. */
  async raw(expected: RegExp): Promise<void> {
    const { frame } = await this.#next(5_000);
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

  async #next(timeoutMs: number): Promise<{ message: ServerMessage; frame: string }> {
    if (this.#isWaiting) throw new Error("somebody waits for this client's next message already");
    this.#isWaiting = true;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, timeoutMs);
    try {
      for (;;) {
        const next = this.#messages.shift();
        if (next) return next;
        if (this.#gone) throw new Error("the socket was closed before the next message");
        if (isLate) throw new Error(`no message in ${timeoutMs} ms`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      this.#isWaiting = false;
    }
  }
}

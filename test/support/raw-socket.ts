import { connect, type Socket } from "node:net";
import { frame, Op } from "./raw-frame.ts";
import { Waiter } from "./waiter.ts";

/** A frame of the server's. */
export interface ServerFrame {
  kind: "frame";
  opcode: number;
  payload: Buffer;
}

/** How the server ended a connection; `dropped` is an end of the TCP stream with no close frame before. */
export type Ending = { kind: "closed"; code: number | "none"; reason: string } | { kind: "dropped" };

/** The first lines of an HTTP answer, or what came in place of it. */
export type Head = { kind: "head"; status: number; headers: Map<string, string> } | { kind: "dropped" };

const request = (port: number, subprotocol: string) =>
  [
    "GET /connect HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...(subprotocol === "" ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    "\r\n",
  ].join("\r\n");

/** A TCP connection to the server that sends any bytes, and reads what a server may send. */
export class RawSocket {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  readonly #waiter = new Waiter();
  #subprotocol: string | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#waiter.wake();
    });
    socket.on("error", () => {}); // `close` follows
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#waiter.wake();
      });
    }
  }

  static async connect(port: number): Promise<RawSocket> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const raw = new RawSocket(socket);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return raw;
  }

  /** Connects and shakes hands. @param subprotocol asked for; empty for none. */
  static async open(port: number, subprotocol = ""): Promise<RawSocket> {
    const raw = await RawSocket.connect(port);
    raw.write(request(port, subprotocol));
    const head = await raw.head();
    if (head.kind !== "head" || head.status !== 101) throw new Error(`no WebSocket: ${JSON.stringify(head)}`);
    raw.#subprotocol = head.headers.get("sec-websocket-protocol");
    return raw;
  }

  /** What was agreed on in the handshake. */
  get subprotocol(): string | undefined {
    return this.#subprotocol;
  }

  write(bytes: string | Uint8Array): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  /** Each byte in a write of its own, until the server has ended the connection. */
  async writeBytewise(bytes: string | Uint8Array): Promise<void> {
    for (const byte of Buffer.from(bytes)) {
      if (this.#ended) return;
      await new Promise((resolve) => this.#socket.write(Buffer.of(byte), resolve));
    }
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends no more, and waits until the server has read all that was sent and has gone too. */
  async finish(): Promise<void> {
    this.#socket.end();
    await this.gone();
  }

  /** Waits until the server has gone by itself. */
  async gone(timeoutMs?: number): Promise<void> {
    await this.#until(() => (this.#ended ? true : undefined), timeoutMs);
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The head of an HTTP answer. */
  head(): Promise<Head> {
    return this.#until(() => {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end === -1) return this.#ended ? { kind: "dropped" } : undefined;
      const [first = "", ...lines] = this.#received.toString("latin1", 0, end).split("\r\n");
      this.#received = this.#received.subarray(end + 4);
      const headers = lines.map((line): [string, string] => {
        const [name = "", ...value] = line.split(": ");
        return [name.toLowerCase(), value.join(": ")];
      });
      return { kind: "head", status: Number(first.split(" ")[1]), headers: new Map(headers) };
    });
  }

  /** The next frame that is no close frame, or how the server ended it; a close frame is answered, as it has to be. */
  next(): Promise<ServerFrame | Ending> {
    return this.#until(() => {
      const next = takeFrame(this.#received);
      if (!next) return this.#ended ? { kind: "dropped" } : undefined;
      this.#received = next.rest;
      const { opcode, payload } = next;
      if (opcode !== Op.Close) return { kind: "frame", opcode, payload };
      this.write(frame({ opcode: Op.Close, payload }));
      const code = payload.length === 0 ? "none" : payload.readUInt16BE();
      return { kind: "closed", code, reason: payload.toString("utf8", 2) };
    });
  }

  #until<T>(look: () => T | undefined, timeoutMs?: number): Promise<T> {
    return this.#waiter.until(look, "the server said nothing, nor went,", timeoutMs);
  }
}

/** The first frame of `bytes`, if all of it is there. A server's has no mask, no reserved bits, and is whole. */
export function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1);
  if ((first & 0xf0) !== 0x80 || short > 127) throw new Error("the server sent a frame that it must not");
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const long = () => (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
  const end = start + (short < 126 ? short : long());
  if (bytes.length < end) return undefined;
  return { opcode: first & 0x0f, payload: bytes.subarray(start, end), rest: bytes.subarray(end) };
}

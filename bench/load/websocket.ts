import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** What a WebSocket is asked for. */
export interface Endpoint {
  /** On 127.0.0.1. */
  port: number;
  path: string;
  /** Further headers, one a line. */
  headers: readonly string[];
}

/** What a WebSocket tells its owner. */
export interface WebSocketEvents {
  /** A text frame. Its payload is in `bytes` until this returns. */
  text(socket: RawWebSocket, bytes: Buffer, start: number, end: number): void;
  /** The server or the network has closed it: close code and reason. */
  closed(reason: string): void;
}

/** Bytes of an incomplete frame that one read may leave for the next: more than Plume puts in a frame. */
const LEFTOVER_MAX = 1024 * 1024;
/** Bytes read from a socket at once. */
const READ_MAX = 256 * 1024;

/**
 * One buffer that every socket reads into, because Node calls back before it reads the next: no allocation per read.
 * What a read leaves over is put before the next one of the same socket, so that no frame lies in two pieces.
 */
const readBuffer = Buffer.allocUnsafe(LEFTOVER_MAX + READ_MAX);
/** Where sockets read to. */
const READ_AT = LEFTOVER_MAX;
const readTarget = readBuffer.subarray(READ_AT);
const nothing = Buffer.alloc(0);

/** A client's WebSocket on a bare TCP socket, so that one core can be a thousand clients. */
export class RawWebSocket {
  readonly #socket: Socket;
  readonly #events: WebSocketEvents;
  readonly #opened: () => void;
  /** Until the server has accepted. */
  #handshake: Handshake | undefined;
  /** The beginning of a frame whose rest has not come. */
  #leftover: Buffer = nothing;
  #closed = false;

  private constructor(endpoint: Endpoint, events: WebSocketEvents, opened: () => void) {
    this.#events = events;
    this.#opened = opened;
    this.#handshake = newHandshake(endpoint);
    const callback = (bytesRead: number) => {
      this.#read(READ_AT + bytesRead);
      return true;
    };
    this.#socket = connect({
      host: "127.0.0.1",
      port: endpoint.port,
      noDelay: true,
      onread: { buffer: readTarget, callback },
    });
    this.#socket.on("error", ({ message }) => this.#end(message));
    this.#socket.on("close", () => this.#end("1006"));
    this.#socket.write(this.#handshake.request);
  }

  static open(endpoint: Endpoint, events: WebSocketEvents): Promise<RawWebSocket> {
    return new Promise((resolve, reject) => {
      const closed = (reason: string) => {
        reject(new Error(`closed before it was open: ${reason}`));
        events.closed(reason);
      };
      const socket: RawWebSocket = new RawWebSocket(endpoint, { text: events.text, closed }, () =>
        resolve(socket),
      );
    });
  }

  /** Sends a text frame, whether or not the server reads; what it does not read waits in this process. */
  send(message: string, mask: number): void {
    if (!this.#closed) this.#socket.write(maskedFrame(Opcode.Text, Buffer.from(message), mask));
  }

  stopReading(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  /** @param to where in the read buffer the read ends. */
  #read(to: number): void {
    const { length } = this.#leftover;
    if (length > LEFTOVER_MAX) throw new Error("the server sent a longer frame than a load client takes");
    let from = READ_AT - length;
    this.#leftover.copy(readBuffer, from);
    if (this.#handshake) from = this.#shakeHands(this.#handshake, from, to);
    if (!this.#handshake) from = walkFrames(readBuffer, from, to, this.#take);
    this.#leftover = from === to ? nothing : Buffer.from(readBuffer.subarray(from, to));
  }

  /** Returns where the frames begin, once the whole answer has come. */
  #shakeHands(handshake: Handshake, from: number, to: number): number {
    const answer = readBuffer.toString("latin1", from, to);
    const headLength = answer.indexOf("\r\n\r\n");
    if (headLength === -1) return from;
    handshake.check(answer.slice(0, headLength));
    this.#handshake = undefined;
    this.#opened();
    return from + headLength + 4;
  }

  readonly #take = (opcode: number, bytes: Buffer, start: number, end: number): void => {
    switch (opcode) {
      case Opcode.Text:
        this.#events.text(this, bytes, start, end);
        break;
      case Opcode.Ping:
        this.#socket.write(maskedFrame(Opcode.Pong, bytes.subarray(start, end), 0));
        break;
      case Opcode.Close:
        this.#end(
          end === start ? "1005" : `${bytes.readUInt16BE(start)} ${bytes.toString("utf8", start + 2, end)}`,
        );
    }
  };

  #end(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.closed(reason);
  }
}

/** Opcodes of frames (RFC 6455, 5.2). */
export const Opcode = { Text: 1, Close: 8, Ping: 9, Pong: 10 } as const;

/** A whole frame from a client: masked, as servers insist. */
export function maskedFrame(opcode: number, payload: Buffer, mask: number): Buffer {
  const long = payload.length > SHORT_MAX;
  if (payload.length > 0xffff) throw new RangeError("a load client sends no frame this long");
  const header = long ? 4 : 2;
  const frame = Buffer.allocUnsafe(header + 4 + payload.length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (long ? LENGTH_16 : payload.length);
  if (long) frame.writeUInt16BE(payload.length, 2);
  frame.writeUInt32BE(mask, header);
  for (let i = 0; i < payload.length; i += 1) {
    frame[header + 4 + i] = (payload[i] ?? 0) ^ (frame[header + (i % 4)] ?? 0);
  }
  return frame;
}

const FIN = 0x80;
const OPCODE = 0x0f;
const MASKED = 0x80;
/** Payloads up to this length have it in the second byte. */
const SHORT_MAX = 125;
/** In place of a length: it is in the next two bytes … */
const LENGTH_16 = 126;
/** … or in the next eight. */
const LENGTH_64 = 127;

/** Takes a frame: its opcode, and where its payload is in `bytes` until this returns. */
type TakeFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Walks a server's frames in `bytes` from `from` to `to`. Returns where the first incomplete one begins. */
function walkFrames(bytes: Buffer, from: number, to: number, take: TakeFrame): number {
  let at = from;
  while (to - at >= 2) {
    let length = bytes.readUInt8(at + 1);
    let start = at + 2;
    if (length === LENGTH_16) {
      if (to - at < 4) break;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === LENGTH_64) {
      if (to - at < 10) break;
      length = bytes.readUInt32BE(start + 4); // the read buffer is far smaller than 4 GiB
      start += 8;
    } else if (length > LENGTH_64) {
      throw new Error("the server sent a masked frame");
    }
    if (start + length > to) break;
    take(bytes.readUInt8(at) & OPCODE, bytes, start, start + length);
    at = start + length;
  }
  return at;
}

/** An upgrade request, and what has to come back. */
interface Handshake {
  request: string;
  /** Throws unless the server accepted. @param head its answer, without the empty line at its end. */
  check(head: string): void;
}

function newHandshake({ port, path, headers }: Endpoint): Handshake {
  const key = randomBytes(16).toString("base64");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    ...headers,
  ];
  return {
    request: `${lines.join("\r\n")}\r\n\r\n`,
    check(head) {
      const [status = "", ...answered] = head.split("\r\n");
      const accepted = answered.some(
        (line) => /^sec-websocket-accept: /i.test(line) && line.endsWith(accept),
      );
      if (!status.startsWith("HTTP/1.1 101") || !accepted) throw new Error(`no WebSocket: ${status}`);
    },
  };
}

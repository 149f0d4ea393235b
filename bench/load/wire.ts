import { connect, type Socket } from "node:net";
import { arena, LANDING, landing, leftOver, nothing, prepend } from "./arena.ts";
import { maskedFrame, Opcode, walkFrames } from "./frames.ts";
import { type Door, type Handshake, newHandshake } from "./handshake.ts";

/** What a WebSocket tells its owner. */
export interface WireEvents {
  /** A text frame. Its payload is in `bytes` until this returns. */
  text(wire: Wire, bytes: Buffer, start: number, end: number): void;
  /** The server or the network has ended it: close code and reason. */
  closed(reason: string): void;
}

/** A WebSocket on a bare TCP socket, so that one core can be a thousand clients. */
export class Wire {
  readonly #socket: Socket;
  readonly #events: WireEvents;
  readonly #opened: () => void;
  /** Until the server has accepted. */
  #handshake: Handshake | undefined;
  /** The beginning of a frame whose rest has not come. */
  #leftover: Buffer = nothing;
  #closed = false;

  private constructor(door: Door, events: WireEvents, opened: () => void) {
    this.#events = events;
    this.#opened = opened;
    this.#handshake = newHandshake(door);
    const callback = (bytesRead: number) => {
      this.#read(LANDING + bytesRead);
      return true;
    };
    this.#socket = connect({
      host: "127.0.0.1",
      port: door.port,
      noDelay: true,
      onread: { buffer: landing, callback },
    });
    this.#socket.on("error", ({ message }) => this.#end(message));
    this.#socket.on("close", () => this.#end("1006"));
    this.#socket.write(this.#handshake.request);
  }

  static open(door: Door, events: WireEvents): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const closed = (reason: string) => {
        reject(new Error(`closed before it was open: ${reason}`));
        events.closed(reason);
      };
      const wire: Wire = new Wire(door, { text: events.text, closed }, () => resolve(wire));
    });
  }

  /** Sends a text frame, whether or not the server reads; what it does not read waits here. */
  send(message: string, mask: number): void {
    if (!this.#closed) this.#socket.write(maskedFrame(Opcode.Text, Buffer.from(message), mask));
  }

  /** Reads no more. */
  stall(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  /** @param to where in the arena the read ends. */
  #read(to: number): void {
    let from = prepend(this.#leftover);
    if (this.#handshake) from = this.#shakeHands(this.#handshake, from, to);
    if (!this.#handshake) from = walkFrames(arena, from, to, this.#hear);
    this.#leftover = leftOver(from, to);
  }

  /** Returns where the frames begin, once the answer is all there. */
  #shakeHands(handshake: Handshake, from: number, to: number): number {
    const answer = arena.toString("latin1", from, to);
    const headLength = answer.indexOf("\r\n\r\n");
    if (headLength === -1) return from;
    handshake.check(answer.slice(0, headLength));
    this.#handshake = undefined;
    this.#opened();
    return from + headLength + 4;
  }

  readonly #hear = (opcode: number, bytes: Buffer, start: number, end: number): void => {
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

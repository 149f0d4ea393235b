import { once } from "node:events";
import type { Socket } from "node:net";
import WebSocket from "ws";
import { BOT_NAME, encodeMessage, MessageType } from "../../src/protocol/v1.ts";
import { type ClientMessageV2, SUBPROTOCOL, Type, writeFrame } from "../../src/protocol/v2.ts";
import { maskedFrame, Opcode } from "../load/frames.ts";
import type { Tally } from "./tally.ts";

export type Version = 1 | 2;

/** Where guests go. */
export interface Address {
  port: number;
  tally: Tally;
}

/** How a guest goes: it closes, its network breaks, or it breaks half-way through a frame. */
export const exits = ["politely", "by reset", "half-way through a frame"] as const;
export type Exit = (typeof exits)[number];

/** One connection as a person's, with bad manners where that is wanted. */
export class Guest {
  readonly version: Version;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #tally: Tally;
  /** What it did itself, if that is how it ended. */
  #exit: Exit | undefined;
  /** Settles when it is gone. */
  readonly closed: Promise<void>;
  /** Settles when it is let in. */
  readonly #acked: Promise<void>;

  private constructor(ws: WebSocket, socket: Socket, version: Version, tally: Tally) {
    this.#ws = ws;
    this.#socket = socket;
    this.version = version;
    this.#tally = tally;
    let ack = () => {};
    this.#acked = new Promise((resolve) => {
      ack = resolve;
    });
    ws.on("message", (frame: Buffer) => {
      tally.heard += 1;
      const kind = kindOf(frame);
      if (kind === "ack") ack();
      if (kind === "refused") tally.refused += 1;
      if (kind === "gap") tally.gaps += 1;
    });
    ws.on("error", () => {}); // `close` follows
    this.closed = new Promise((resolve) => {
      ws.once("close", (code) => {
        tally.ended(this.#exit ?? `closed ${code}`);
        resolve();
      });
    });
  }

  static async connect({ port, tally }: Address, version: Version): Promise<Guest> {
    const protocols = version === 2 ? [SUBPROTOCOL] : [];
    const ws = new WebSocket(`ws://127.0.0.1:${port}/connect`, protocols, { perMessageDeflate: false });
    const [{ socket }] = await once(ws, "upgrade");
    tally.visits += 1;
    tally.here += 1;
    return new Guest(ws, socket, version, tally);
  }

  /** Connects and logs in; undefined when it was not let in. */
  static async enter(address: Address, version: Version, token: string): Promise<Guest | undefined> {
    const guest = await Guest.connect(address, version);
    guest.send(encodeMessage({ type: MessageType.Auth, text: token }));
    await Promise.race([guest.#acked, guest.closed]);
    return guest.isHere ? guest : undefined;
  }

  get isHere(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Says a line: in the lobby, as everybody does in version 1, or in `room`. */
  say(room: string, text: string): void {
    if (!this.isHere) return;
    this.#tally.said += 1;
    if (this.version === 1) this.send(encodeMessage({ type: MessageType.Text, text }));
    else this.request({ type: Type.Text, room, text, nonce: String(this.#tally.said) });
  }

  /** In version 1 there is nothing but lines. */
  request(message: ClientMessageV2): void {
    if (this.version === 2) this.send(writeFrame(message));
  }

  send(frame: string | Buffer): void {
    if (this.isHere) this.#ws.send(frame);
  }

  stopReading(): void {
    this.#ws.pause();
  }

  readOn(): void {
    this.#ws.resume();
  }

  /** Goes, and settles when it has. */
  async go(exit: Exit): Promise<void> {
    if (this.isHere) {
      this.#exit = exit;
      this.#leave(exit);
    }
    this.readOn();
    await this.closed;
  }

  #leave(exit: Exit): void {
    switch (exit) {
      case "politely":
        this.#ws.close(1000);
        break;
      case "by reset":
        this.#socket.resetAndDestroy();
        break;
      case "half-way through a frame": {
        const frame = maskedFrame(
          Opcode.Text,
          Buffer.from(encodeMessage({ type: MessageType.Text, text: "abc" })),
          1,
        );
        this.#socket.write(frame.subarray(0, frame.length / 2), () => this.#socket.destroy());
      }
    }
  }
}

/** Told from a frame's beginning, for there are many. */
function kindOf(frame: Buffer): "ack" | "refused" | "gap" | "other" {
  const start = frame.toString("latin1", 0, NOTICE.length);
  if (start.startsWith(`{"type":${Type.AuthAck},`)) return "ack";
  if (start.startsWith(`{"type":${Type.Refused},`) || start === NOTICE) return "refused";
  return start.startsWith(`{"type":${Type.Gap},`) ? "gap" : "other";
}

/** How everything begins that the house says in version 1. */
const NOTICE = `{"type":${MessageType.Text},"user":{"name":"${BOT_NAME}"}`;

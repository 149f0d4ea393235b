import type { Door } from "../handshake.ts";

/** How a server wants to be spoken to: how one comes in, how a line is said, and where lines are in what it says. */
export interface Dialect {
  door(port: number): Door;
  /** What to say as soon as the socket is open; "" is nothing. */
  greeting(token: string): string;
  /** What to do on a frame that comes before one is in. Throws where there is no way in. */
  next(frame: string, token: string): Step;
  /** A line as a frame. @param number also tells it from all others. */
  say(number: number, text: string): string;
  /** What the server has to hear on this payload to go on; "" is nothing. */
  replyTo(bytes: Buffer, start: number, end: number): string;
  /** Finds what is in a frame's payload. */
  read(bytes: Buffer, start: number, end: number, ear: Ear): void;
}

export type Step = { kind: "in" } | { kind: "wait" } | { kind: "say"; frame: string };

/** Whom a dialect tells what it finds. The bytes are there only until it returns. */
export interface Ear {
  /** A line of the load, its text from `textAt` on. */
  line(bytes: Buffer, textAt: number): void;
  /** Something that the server says to this client beside the lines, for people. */
  remark(text: string): void;
}

import { BOT_NAME, encodeMessage, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import { encodeFrame, parseServerFrame, SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import { isDigit, nameOf, TEXT_BYTES } from "../common/lines.ts";
import type { Endpoint } from "./websocket.ts";

/** How a server is spoken to: how a client enters, how it says a line, and where lines are in the server's frames. */
export interface Dialect {
  endpoint(port: number): Endpoint;
  /** The frame to send as soon as the socket is open; "" is none. */
  greeting(token: string): string;
  /** What to do on a frame that comes before the client has entered. Throws where it is refused. */
  enter(frame: string, token: string): EntryStep;
  /** A line as a frame. @param number also tells it from all others. */
  say(number: number, text: string): string;
  /** The frame with which this payload has to be answered to go on; "" is none. */
  replyTo(bytes: Buffer, start: number, end: number): string;
  /** Finds what is in a frame's payload. */
  read(bytes: Buffer, start: number, end: number, handler: PayloadHandler): void;
}

export type EntryStep = { kind: "in" } | { kind: "wait" } | { kind: "say"; frame: string };

/** Told what a dialect finds in a payload, whose bytes are there only until it returns. */
export interface PayloadHandler {
  /** A numbered line, its text from `textAt` on. */
  line(bytes: Buffer, textAt: number): void;
  /** What the server says to this client beside the lines, for people. */
  remark(text: string): void;
}

const emptyLineV1 = encodeMessage({ type: MessageType.Text, user: { name: nameOf(0) }, text: "" });
/** Where a line's text begins in a payload of version 1. */
export const V1_TEXT_AT = emptyLineV1.length - '"}'.length;
const V1_LINE_BYTES = emptyLineV1.length + TEXT_BYTES;

/** Version 1 of Plume's protocol: a frame for each line. */
export const v1: Dialect = {
  endpoint: (port) => ({ port, path: "/connect", headers: [] }),
  greeting: (token) => encodeMessage({ type: MessageType.Auth, text: token }),
  enter(frame) {
    const parsed = parseServerMessage(frame);
    const isAck = parsed.kind === "message" && parsed.message.type === MessageType.AuthAck;
    if (!isAck) throw new Error(`not logged in: ${frame}`);
    return { kind: "in" };
  },
  say: (_number, text) => encodeMessage({ type: MessageType.Text, text }),
  replyTo: () => "",
  read(bytes, start, end, handler) {
    if (end - start === V1_LINE_BYTES && isDigit(bytes, start + V1_TEXT_AT)) {
      handler.line(bytes, start + V1_TEXT_AT);
      return;
    }
    // Everybody is told that others come and go: that is no remark.
    const frame = bytes.toString("utf8", start, end);
    const parsed = parseServerMessage(frame);
    if (parsed.kind !== "message") handler.remark(`${parsed.problem}: ${frame}`);
    else if (parsed.message.user.name === BOT_NAME) handler.remark(parsed.message.text);
  },
};

const room = "lobby";

/**
 * Version 2 of Plume's protocol. A frame holds one message or an array; only a line's `seq` varies in length, so a line's
 * text is found by counting from its beginning.
 */
export const v2: Dialect = {
  endpoint: (port) => ({ port, path: "/connect", headers: [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`] }),
  greeting: (token) =>
    encodeFrame([
      { type: Type.Auth, text: token },
      { type: Type.Join, room },
    ]),
  enter(frame) {
    const read = parseServerFrame(frame);
    const [first] = read.kind === "frame" ? read.messages : [];
    if (first?.kind !== "message") throw new Error(`not logged in: ${frame}`);
    switch (first.message.type) {
      case Type.Joined:
        return { kind: "in" };
      case Type.AuthRst:
      case Type.MayNotEnter:
      case Type.Refused:
        throw new Error(`not logged in: ${frame}`);
      default:
        return { kind: "wait" };
    }
  },
  say: (number, text) => encodeFrame({ type: Type.Text, room, text, nonce: String(number) }),
  replyTo: () => "",
  read(bytes, start, end, handler) {
    let at = bytes[start] === BRACKET ? start + 1 : start;
    while (at < end) {
      const lineEnd = readLineV2(bytes, at, handler);
      const messageEnd = lineEnd === at ? skipMessageV2(bytes, at, end, handler) : lineEnd;
      at = messageEnd + 1; // behind the comma or the closing bracket
    }
  },
};

/** A line up to its number … */
const HEAD = `{"type":${Type.Text},"room":"${room}","seq":`;
/** … and from behind it up to the text, with a time of 13 digits, which it has until the year 2286. */
const TAIL_BYTES = `,"at":${"0".repeat(13)},"user":{"id":"${"0".repeat(12)}","name":"${nameOf(0)}"},"text":"`
  .length;
/** The comma behind the one digit of a line's type, which tells it from messages of other types. */
const COMMA_AT = '{"type":1'.length;
const BRACKET = "[".charCodeAt(0);
const COMMA = ",".charCodeAt(0);
const LINE_DIGIT = String(Type.Text).charCodeAt(0);

/** Returns where the line that begins at `at` ends; `at` where it is no numbered line. */
function readLineV2(bytes: Buffer, at: number, handler: PayloadHandler): number {
  if (bytes[at + COMMA_AT] !== COMMA || bytes[at + COMMA_AT - 1] !== LINE_DIGIT) return at;
  let behind = at + HEAD.length;
  while (isDigit(bytes, behind)) behind += 1;
  const textAt = behind + TAIL_BYTES;
  if (!isDigit(bytes, textAt)) return at;
  handler.line(bytes, textAt);
  return textAt + TEXT_BYTES + '"}'.length;
}

/** What lies between two messages of a frame; no line of a load has it in its text. */
const SEAM = "},{";
/** Types that the server sends to one client alone and that answer nothing. */
const remarkable = [Type.Refused, Type.Gap].map((type) => `{"type":${type},`);

/** Skips a message that is no line: acks, presence, who entered. Returns where it ends. */
function skipMessageV2(bytes: Buffer, at: number, end: number, handler: PayloadHandler): number {
  const rest = bytes.subarray(at, end);
  const seam = rest.indexOf(SEAM);
  const behind = seam === -1 ? rest.length : seam + 1;
  const head = rest.toString("latin1", 0, HEAD.length);
  if (remarkable.some((type) => head.startsWith(type))) handler.remark(rest.toString("utf8", 0, behind));
  return at + behind;
}

/** What the server emits for a line: see `servers/socket-io-main.ts`. */
const emptyLineIo = `42${JSON.stringify(["line", { user: { name: nameOf(0) }, text: "" }])}`;
const IO_TEXT_AT = emptyLineIo.length - '"}]'.length;
const IO_LINE_BYTES = emptyLineIo.length + TEXT_BYTES;
const PING = "2".charCodeAt(0);
const PONG = "3";

/** Socket.IO 5 over Engine.IO 4, as text packets over WebSocket alone. */
const socketIo: Dialect = {
  endpoint: (port) => ({ port, path: "/socket.io/?EIO=4&transport=websocket", headers: [] }),
  greeting: () => "",
  enter(frame, token) {
    if (frame.startsWith("0{")) return { kind: "say", frame: `40${JSON.stringify({ token })}` };
    if (frame.startsWith("40{")) return { kind: "in" };
    if (frame.startsWith("44")) throw new Error(`not logged in: ${frame}`);
    return { kind: "wait" };
  },
  say: (_number, text) => `42${JSON.stringify(["line", text])}`,
  replyTo: (bytes, start, end) => (end - start === 1 && bytes[start] === PING ? PONG : ""),
  read(bytes, start, end, handler) {
    if (end - start === IO_LINE_BYTES && isDigit(bytes, start + IO_TEXT_AT)) {
      handler.line(bytes, start + IO_TEXT_AT);
    } else {
      handler.remark(bytes.toString("utf8", start, end));
    }
  },
};

/** By the name that a load process is told. */
export const dialects = { v1, v2, "socket.io": socketIo };

export type DialectName = keyof typeof dialects;

/** What goes over the wire in raw-frames.test.ts: the categories 1 to 7 of Autobahn's, and what has to come of each case. */
import { limits } from "../../src/limits.ts";
import { bytewise, claim, close, fragments, frame, Op, ping, pong, text } from "../support/raw-frame.ts";

/** What a case sends after it has logged in, and what has to come of it. */
export interface FrameCase {
  name: string;
  bytes: Buffer;
  outcome: Outcome;
}

/** `lines` is what the room hears of it, in order, whatever the outcome. */
export type Outcome =
  /** The connection goes on; each ping is answered with its payload. */
  | { kind: "heard"; lines: readonly string[]; pongs: readonly string[] }
  /** The server ends it in one of these ways. */
  | { kind: "ended"; lines: readonly string[]; ways: readonly Way[] }
  /** The RFC forbids it to the sender and does not say what a receiver does: heard, or ended and not heard. */
  | { kind: "either"; lines: readonly string[]; ways: readonly Way[] };

/** The code of a close frame, one that has none, or an end of the TCP stream without a close frame. */
export type Way = number | "no code" | "dropped";

function heard(lines: readonly string[], pongs: readonly string[] = []): Outcome {
  return { kind: "heard", lines, pongs };
}

/** With exactly this code. */
function closed(code: number | "no code", lines: readonly string[] = []): Outcome {
  return { kind: "ended", lines, ways: [code] };
}

/** As the client's close frame asks for: "typically" its code comes back (RFC 6455, 5.5.1), which leaves a choice. */
function echoed(code: number): Outcome {
  return { kind: "ended", lines: [], ways: [code, "no code"] };
}

/**
 * "_Fail the WebSocket Connection_" (RFC 6455, 7.1.7): the server should say one of these codes, may leave it out, and
 * may as well drop the connection.
 */
function failed(codes: number | readonly number[], lines: readonly string[] = []): Outcome {
  return { kind: "ended", lines, ways: [codes, "no code" as const, "dropped" as const].flat() };
}

function heardOrFailed(code: number, lines: readonly string[]): Outcome {
  return { kind: "either", lines, ways: [code, "no code", "dropped"] };
}

/** A line as the client's JSON, padded with spaces, which JSON ignores, to so many bytes. */
function say(line: string, bytes = 0): string {
  const json = JSON.stringify({ type: 1, text: line });
  return json + " ".repeat(Math.max(0, bytes - Buffer.byteLength(json)));
}

const max = limits.frameBytesMax;
/** Above it the transport stops reading. */
const taken = limits.payloadBytesMax;

const halves = [say("in pieces").slice(0, 10), say("in pieces").slice(10)] as const;
const [half, otherHalf] = halves;
const whole = heard(["in pieces"]);

export const lengthCases: FrameCase[] = [
  ...[30, 125, 126, 127, 128, 65_535, 65_536, 65_537, max - 1, max].map((bytes) => ({
    name: `a text frame of ${bytes} bytes`,
    bytes: text(say("of a length", bytes)),
    outcome: heard(["of a length"]),
  })),
  ...[max + 1, taken].map((bytes) => ({
    name: `a text frame of ${bytes} bytes, over the limit`,
    bytes: text(say("too long", bytes)),
    outcome: closed(1009),
  })),
  {
    name: `a text frame of ${taken + 1} bytes, more than the transport takes`,
    bytes: text(say("too long", taken + 1)),
    outcome: failed(1009),
  },
  { name: "an empty text frame, which is no JSON", bytes: text(""), outcome: closed(4000) },
  { name: "a text frame of 1 byte, which is no message", bytes: text("1"), outcome: closed(4000) },
  ...[0, 1, 125, 126, 65_536].map((length) => ({
    name: `a binary frame of ${length} bytes`,
    bytes: frame({ opcode: Op.Binary, payload: Buffer.alloc(length, 0xfe) }),
    outcome: closed(1003),
  })),
  ...([16, 64] as const).map((lengthBits) => ({
    name: `a short length in ${lengthBits} bits`,
    bytes: text(say("long-winded"), { lengthBits }),
    outcome: heardOrFailed(1002, ["long-winded"]),
  })),
  {
    name: "a length of 126 in 64 bits",
    bytes: text(say("long-winded", 126), { lengthBits: 64 }),
    outcome: heardOrFailed(1002, ["long-winded"]),
  },
  { name: "a length with the highest of 64 bits", bytes: claim(2n ** 63n), outcome: failed(1002) },
  { name: "a length of nothing but ones", bytes: claim(2n ** 64n - 1n), outcome: failed(1002) },
  { name: "a length of 2^63 - 1", bytes: claim(2n ** 63n - 1n), outcome: failed(1009) },
  { name: "a length of 2^53", bytes: claim(2n ** 53n), outcome: failed(1009) },
  { name: "a length of 2^32", bytes: claim(2n ** 32n), outcome: failed(1009) },
  {
    name: "a hundred frames in one write",
    bytes: Buffer.concat(Array.from({ length: 100 }, (_, n) => text(say(`of many: ${n}`)))),
    outcome: heard(Array.from({ length: 100 }, (_, n) => `of many: ${n}`)),
  },
];

const odd = Buffer.of(0, 0xff, 0xfe, 0x80, 0xc0);

export const pingCases: FrameCase[] = [
  { name: "a ping without a payload", bytes: ping(), outcome: heard([], [""]) },
  { name: "a ping with text", bytes: ping("are you there?"), outcome: heard([], ["are you there?"]) },
  { name: "a ping with what is no text", bytes: ping(odd), outcome: heard([], [odd.toString("latin1")]) },
  { name: "a ping of 125 bytes", bytes: ping("p".repeat(125)), outcome: heard([], ["p".repeat(125)]) },
  { name: "a ping of 126 bytes", bytes: ping("p".repeat(126)), outcome: failed(1002) },
  {
    name: "ten pings in one write",
    bytes: Buffer.concat(Array.from({ length: 10 }, (_, n) => ping(`${n}`))),
    outcome: heard(
      [],
      Array.from({ length: 10 }, (_, n) => `${n}`),
    ),
  },
  {
    name: "pings around a line",
    bytes: Buffer.concat([ping("before"), text(say("pinged")), ping("after")]),
    outcome: heard(["pinged"], ["before", "after"]),
  },
  { name: "a pong that nobody asked for", bytes: pong(), outcome: heard([]) },
  { name: "a pong of 125 bytes that nobody asked for", bytes: pong("p".repeat(125)), outcome: heard([]) },
  { name: "a pong of 126 bytes", bytes: pong("p".repeat(126)), outcome: failed(1002) },
  {
    name: "a pong that nobody asked for, then a ping",
    bytes: Buffer.concat([pong("mine"), ping("yours")]),
    outcome: heard([], ["yours"]),
  },
];

export const reservedCases: FrameCase[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => ({
    name: `a text frame with reserved bits ${rsv}`,
    bytes: text(say("reserved"), { rsv }),
    outcome: failed(1002),
  })),
  ...[1, 2, 4].map((rsv) => ({
    name: `a ping with reserved bits ${rsv}`,
    bytes: ping("", { rsv }),
    outcome: failed(1002),
  })),
  { name: "a pong with reserved bits", bytes: pong("", { rsv: 4 }), outcome: failed(1002) },
  {
    name: "a close frame with reserved bits",
    bytes: frame({ opcode: Op.Close, rsv: 7 }),
    outcome: failed(1002),
  },
  {
    name: "a continuation with reserved bits",
    bytes: Buffer.concat([
      text(half, { fin: false }),
      frame({ opcode: Op.Continuation, payload: Buffer.from(otherHalf), rsv: 4 }),
    ]),
    outcome: failed(1002),
  },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `reserved opcode ${opcode}`,
    bytes: frame({ opcode, payload: Buffer.from(say("reserved")) }),
    outcome: failed(1002),
  })),
  { name: "reserved opcode 3, empty", bytes: frame({ opcode: 3 }), outcome: failed(1002) },
  { name: "reserved opcode 11, empty", bytes: frame({ opcode: 11 }), outcome: failed(1002) },
  {
    name: "a reserved opcode after a line and a ping",
    bytes: Buffer.concat([text(say("still fine")), ping(), frame({ opcode: 5 })]),
    outcome: failed(1002, ["still fine"]),
  },
];

/** A frame that goes on with a message. */
function more(payload: string, fin: boolean): Buffer {
  return frame({ opcode: Op.Continuation, payload: Buffer.from(payload), fin });
}

export const fragmentCases: FrameCase[] = [
  { name: "a message in two fragments", bytes: fragments(halves), outcome: whole },
  { name: "fragments of one byte", bytes: fragments(bytewise(say("in pieces"))), outcome: whole },
  {
    name: "empty fragments before, between and after",
    bytes: fragments(["", half, "", otherHalf, ""]),
    outcome: whole,
  },
  { name: "nothing but empty fragments", bytes: fragments(["", "", ""]), outcome: closed(4000) },
  {
    name: "a ping between fragments",
    bytes: fragments(halves, ping("between")),
    outcome: heard(["in pieces"], ["between"]),
  },
  {
    name: "pings and pongs between fragments of one byte",
    bytes: Buffer.concat(
      bytewise(say("in pieces")).flatMap((byte, at, { length }) => [
        frame({ opcode: at === 0 ? Op.Text : Op.Continuation, payload: byte, fin: at === length - 1 }),
        pong("mine"),
        ...(at < 3 ? [ping(`${at}`)] : []),
      ]),
    ),
    outcome: heard(["in pieces"], ["0", "1", "2"]),
  },
  { name: "a pong between fragments", bytes: fragments(halves, pong("between")), outcome: whole },
  { name: "a continuation of nothing", bytes: more(say("of nothing"), true), outcome: failed(1002) },
  {
    name: "a continuation of nothing that is to go on",
    bytes: more(say("of nothing"), false),
    outcome: failed(1002),
  },
  {
    name: "a continuation after the last fragment",
    bytes: Buffer.concat([fragments(halves), more(say("too late"), true)]),
    outcome: failed(1002, ["in pieces"]),
  },
  {
    name: "a new text inside a message",
    bytes: Buffer.concat([text(half, { fin: false }), text(say("inside"))]),
    outcome: failed(1002),
  },
  {
    name: "a new fragmented text inside a message",
    bytes: Buffer.concat([text(half, { fin: false }), text(half, { fin: false }), more(otherHalf, true)]),
    outcome: failed(1002),
  },
  {
    name: "a binary frame inside a text",
    bytes: Buffer.concat([text(half, { fin: false }), frame({ opcode: Op.Binary })]),
    outcome: failed([1002, 1003]),
  },
  { name: "a ping in fragments", bytes: ping("p", { fin: false }), outcome: failed(1002) },
  { name: "a pong in fragments", bytes: pong("p", { fin: false }), outcome: failed(1002) },
  {
    name: "a close frame in fragments",
    bytes: frame({ opcode: Op.Close, fin: false }),
    outcome: failed(1002),
  },
  {
    name: "a close frame inside a message, which is then not heard",
    bytes: fragments(halves, close(1000)),
    outcome: closed(1000),
  },
  {
    name: "a binary message in fragments",
    bytes: Buffer.concat([frame({ opcode: Op.Binary, fin: false }), more("x", true)]),
    outcome: closed(1003),
  },
  {
    name: "fragments that are at the limit together",
    bytes: fragments([say("at the limit"), " ".repeat(max - say("at the limit").length)]),
    outcome: heard(["at the limit"]),
  },
  {
    name: "fragments that are over the limit together",
    bytes: fragments([say("too long", max), " "]),
    outcome: closed(1009),
  },
  {
    name: "fragments that are together more than the transport takes",
    bytes: fragments([say("too long", max), " ".repeat(max), " "]),
    outcome: failed(1009),
  },
];

export const maskCases: FrameCase[] = [
  { name: "a mask of zeros", bytes: text(say("bare"), { mask: [0, 0, 0, 0] }), outcome: heard(["bare"]) },
  {
    name: "a mask of ones",
    bytes: text(say("upside down"), { mask: [255, 255, 255, 255] }),
    outcome: heard(["upside down"]),
  },
  {
    name: "another mask for every frame",
    bytes: Buffer.concat([1, 2, 3].map((n) => text(say(`mask ${n}`), { mask: [n, 0, n, 77] }))),
    outcome: heard(["mask 1", "mask 2", "mask 3"]),
  },
  { name: "a text without a mask", bytes: text(say("bare"), { mask: undefined }), outcome: failed(1002) },
  {
    name: "a ping without a mask",
    bytes: ping("bare ping", { mask: undefined }),
    outcome: failed(1002),
  },
  {
    name: "a close frame without a mask",
    bytes: frame({ opcode: Op.Close, mask: undefined }),
    outcome: failed(1002),
  },
  {
    name: "a text without a mask after one with",
    bytes: Buffer.concat([text(say("masked")), text(say("bare"), { mask: undefined })]),
    outcome: failed(1002, ["masked"]),
  },
];

const valid: Record<string, string> = {
  "two bytes each": "äöü ßé",
  "three bytes each": "κόσμε 日本語 €",
  "four bytes each": "🪶 𝄞 😀",
  "the first of each length": "\u007f\u0080\u0800\u{10000}",
  "the last of each length": "\u007e\u07ff\uffef\u{10fffd}",
  "the neighbours of the surrogates": "\ud7ff\ue000",
  "a replacement character that was meant": "x\ufffdx",
  "what is assigned to no character": "x\ufffe\uffff\ufdd0\u{1ffff}\u{10ffff}x",
  "a byte order mark in it": "x\ufeffx",
};

/** What is no UTF-8, as hexadecimal bytes. */
const invalid: Record<string, string> = {
  "a slash in two bytes": "c0af",
  "a slash in three bytes": "e080af",
  "a slash in four bytes": "f08080af",
  "zero in two bytes": "c080",
  "the last overlong of two bytes": "c1bf",
  "the last overlong of three bytes": "e09fbf",
  "the last overlong of four bytes": "f08fbfbf",
  "the first surrogate": "eda080",
  "the last surrogate": "edbfbf",
  "a pair of surrogates": "eda080edb080",
  "U+110000": "f4908080",
  "a first byte that no character has": "f5808080",
  "five bytes": "f888808080",
  "six bytes": "fc8480808080",
  "the byte fe": "fe",
  "the byte ff": "ff",
  "a first byte of four for a lone continuation": "80",
  "a lone last continuation": "bf",
  "two bytes, cut short": "c3",
  "three bytes, cut short": "e282",
  "four bytes, cut short": "f09f98",
  "a continuation too many": "c3a4a4",
};

/** A line around bytes. */
function sayBytes(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"type":1,"text":"'), bytes, Buffer.from('"}')]);
}

const long = "€ 🪶 ß ".repeat(30);

export const textCases: FrameCase[] = [
  ...Object.entries(valid).map(([what, line]) => ({
    name: `characters of ${what}`,
    bytes: text(say(line)),
    outcome: heard([line]),
  })),
  ...Object.entries(valid).map(([what, line]) => ({
    name: `characters of ${what}, in fragments of one byte`,
    bytes: fragments(bytewise(say(line))),
    outcome: heard([line]),
  })),
  {
    name: "a ping inside a character",
    bytes: Buffer.concat(
      bytewise(say("🪶")).flatMap((byte, at, { length }) => [
        frame({ opcode: at === 0 ? Op.Text : Op.Continuation, payload: byte, fin: at === length - 1 }),
        ...(byte[0] === 0xf0 ? [ping("inside")] : []),
      ]),
    ),
    outcome: heard(["🪶"], ["inside"]),
  },
  {
    name: "a text of many lengths, long enough for vector code",
    bytes: text(say(long)),
    outcome: heard([long]),
  },
  ...Object.entries(invalid).map(([what, hex]) => ({
    name: `no UTF-8: ${what}`,
    bytes: text(sayBytes(Buffer.from(hex, "hex"))),
    outcome: failed(1007),
  })),
  ...["c3", "e282", "f09f98"].map((hex) => ({
    name: `no UTF-8: a character that the end cuts after ${hex}`,
    bytes: text(Buffer.concat([Buffer.from(say("cut")), Buffer.from(hex, "hex")])),
    outcome: failed(1007),
  })),
  {
    name: "no UTF-8: in the last of three fragments",
    bytes: fragments([say("fine"), " ", Buffer.of(0xff)]),
    outcome: failed(1007),
  },
  {
    name: "no UTF-8: far into a long text",
    bytes: text(Buffer.concat([Buffer.from(say(long, 60_000)), Buffer.of(0xed, 0xa0, 0x80)])),
    outcome: failed(1007),
  },
  {
    name: "no UTF-8 after a line that was fine",
    bytes: Buffer.concat([text(say("fine")), text(Buffer.of(0xc0, 0xaf))]),
    outcome: failed(1007, ["fine"]),
  },
  {
    name: "a binary frame that is no UTF-8",
    bytes: frame({ opcode: Op.Binary, payload: Buffer.of(0xff) }),
    outcome: closed(1003),
  },
];

/** Codes a peer may send. */
const ordinaryCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4999];
/** Assigned since the RFC was written, or to libraries: uWebSockets answers these without a code. */
const rareCodes = [1012, 1013, 1014, 3000, 3999];
/** Codes that no frame may have: reserved, never assigned, or beyond all. */
const unusableCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

export const closeCases: FrameCase[] = [
  {
    name: "a close frame with nothing in it",
    bytes: frame({ opcode: Op.Close }),
    outcome: closed("no code"),
  },
  {
    name: "a close frame with half a code",
    bytes: frame({ opcode: Op.Close, payload: Buffer.of(3) }),
    outcome: failed(1002),
  },
  ...ordinaryCodes.map((code) => ({
    name: `a close frame with code ${code}`,
    bytes: close(code),
    outcome: closed(code),
  })),
  ...rareCodes.map((code) => ({
    name: `a close frame with code ${code}`,
    bytes: close(code),
    outcome: echoed(code),
  })),
  ...unusableCodes.map((code) => ({
    name: `a close frame with code ${code}, which no frame may have`,
    bytes: close(code),
    outcome: failed(1002),
  })),
  { name: "a reason", bytes: close(1000, "good night"), outcome: closed(1000) },
  { name: "a reason of 123 bytes", bytes: close(1000, "€".repeat(41)), outcome: closed(1000) },
  { name: "a reason of 124 bytes", bytes: close(1000, "r".repeat(124)), outcome: failed(1002) },
  { name: "a reason that is no UTF-8", bytes: close(1000, Buffer.of(0xff)), outcome: failed(1007) },
  {
    name: "a reason that ends inside a character",
    bytes: close(1000, Buffer.of(0xe2, 0x82)),
    outcome: failed(1007),
  },
  {
    name: "a line and then a close frame, both in one write",
    bytes: Buffer.concat([text(say("last words")), close(1000)]),
    outcome: closed(1000, ["last words"]),
  },
  {
    name: "a line after the close frame",
    bytes: Buffer.concat([close(1000), text(say("one more thing"))]),
    outcome: closed(1000),
  },
  {
    name: "a ping after the close frame",
    bytes: Buffer.concat([close(1000), ping("still there?")]),
    outcome: closed(1000),
  },
  { name: "two close frames", bytes: Buffer.concat([close(1000), close(1001)]), outcome: closed(1000) },
  {
    name: "what is no frame after the close frame",
    bytes: Buffer.concat([close(1000), Buffer.alloc(20, 0xff)]),
    outcome: closed(1000),
  },
];

/** Framing, control frames, reserved bits and opcodes, fragmentation, masking: categories 1 to 5 of Autobahn's. */
import { limits } from "../../src/limits.ts";
import { bytewise, claim, close, fragments, frame, Op, ping, pong, text } from "../support/raw-frame.ts";
import { closed, type FrameCase, failed, heard, heardOrFailed, say } from "./raw-frame-case.ts";

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

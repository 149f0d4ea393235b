/** UTF-8 and closing: categories 6 and 7 of Autobahn's. */
import { bytewise, close, fragments, frame, Op, ping, text } from "../support/raw-frame.ts";
import { closed, echoed, type FrameCase, failed, heard, say } from "./raw-frame-case.ts";

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

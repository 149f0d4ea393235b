import { SUBPROTOCOL, Type, readServerFrame, writeFrame } from "../../../src/protocol/v2.ts";
import { isDigit, nameOf, TEXT_BYTES } from "../line.ts";
import type { Dialect, Ear } from "./dialect.ts";

const room = "lobby";

/**
 * Version 2 of Plume's protocol. A frame holds one message or an array; only a line's `seq` varies in length, so a line's
 * text is found by counting from its beginning.
 */
export const v2: Dialect = {
  door: (port) => ({ port, path: "/connect", headers: [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`] }),
  greeting: (token) =>
    writeFrame([
      { type: Type.Auth, text: token },
      { type: Type.Join, room },
    ]),
  next(frame) {
    const read = readServerFrame(frame);
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
  say: (number, text) => writeFrame({ type: Type.Text, room, text, nonce: String(number) }),
  replyTo: () => "",
  read(bytes, start, end, ear) {
    let at = bytes[start] === BRACKET ? start + 1 : start;
    while (at < end) {
      const behindLine = readLine(bytes, at, ear);
      const behind = behindLine === at ? skipOther(bytes, at, end, ear) : behindLine;
      at = behind + 1; // behind the comma or the closing bracket
    }
  },
};

/** Up to the number … */
const HEAD = `{"type":${Type.Text},"room":"${room}","seq":`;
/** … and from behind it, with a time of 13 digits until the year 2286, up to the text. */
const TAIL_BYTES = `,"at":${"0".repeat(13)},"user":{"name":"${nameOf(0)}"},"text":"`.length;
/** Tells a line from what is of another type: the comma behind its one digit. */
const COMMA_AT = '{"type":1'.length;
const BRACKET = "[".charCodeAt(0);
const COMMA = ",".charCodeAt(0);
const LINE_DIGIT = String(Type.Text).charCodeAt(0);

/** Returns where what begins at `at` ends; `at` where it is no line of the load. */
function readLine(bytes: Buffer, at: number, ear: Ear): number {
  if (bytes[at + COMMA_AT] !== COMMA || bytes[at + COMMA_AT - 1] !== LINE_DIGIT) return at;
  let behind = at + HEAD.length;
  while (isDigit(bytes, behind)) behind += 1;
  const textAt = behind + TAIL_BYTES;
  if (!isDigit(bytes, textAt)) return at;
  ear.line(bytes, textAt);
  return textAt + TEXT_BYTES + '"}'.length;
}

/** Where one message of a frame ends and another begins, unless somebody types this. */
const SEAM = "},{";
/** What the server says to this client alone and is no answer to what one expects. */
const remarkable = [Type.Refused, Type.Gap].map((type) => `{"type":${type},`);

/** Skips what is no line: acks of what was said, who is there and who came. Returns where it ends. */
function skipOther(bytes: Buffer, at: number, end: number, ear: Ear): number {
  const rest = bytes.subarray(at, end);
  const seam = rest.indexOf(SEAM);
  const behind = seam === -1 ? rest.length : seam + 1;
  const head = rest.toString("latin1", 0, HEAD.length);
  if (remarkable.some((type) => head.startsWith(type))) ear.remark(rest.toString("utf8", 0, behind));
  return at + behind;
}

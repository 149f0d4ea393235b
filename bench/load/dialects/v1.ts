import { BOT_NAME, MessageType, encodeMessage, parseServerMessage } from "../../../src/protocol/v1.ts";
import { isDigit, nameOf, TEXT_BYTES } from "../line.ts";
import type { Dialect } from "./dialect.ts";

const emptyLine = encodeMessage({ type: MessageType.Text, user: { name: nameOf(0) }, text: "" });
/** Where a line's text begins in the payload. */
export const TEXT_AT = emptyLine.length - '"}'.length;
const LINE_BYTES = emptyLine.length + TEXT_BYTES;

/** Version 1 of Plume's protocol, a frame for each line. */
export const v1: Dialect = {
  door: (port) => ({ port, path: "/connect", headers: [] }),
  greeting: (token) => encodeMessage({ type: MessageType.Auth, text: token }),
  next(frame) {
    const parsed = parseServerMessage(frame);
    const isAck = parsed.kind === "message" && parsed.message.type === MessageType.AuthAck;
    if (!isAck) throw new Error(`not logged in: ${frame}`);
    return { kind: "in" };
  },
  say: (_number, text) => encodeMessage({ type: MessageType.Text, text }),
  replyTo: () => "",
  read(bytes, start, end, ear) {
    if (end - start === LINE_BYTES && isDigit(bytes, start + TEXT_AT)) {
      ear.line(bytes, start + TEXT_AT);
      return;
    }
    // That others come and go is said to all, and nothing to remark.
    const frame = bytes.toString("utf8", start, end);
    const parsed = parseServerMessage(frame);
    if (parsed.kind !== "message") ear.remark(`${parsed.problem}: ${frame}`);
    else if (parsed.message.user.name === BOT_NAME) ear.remark(parsed.message.text);
  },
};

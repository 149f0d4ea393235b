import { isDigit, nameOf, TEXT_BYTES } from "../line.ts";
import type { Dialect } from "./dialect.ts";

/** What the server emits for a line: see `servers/socket-io-main.ts`. */
const emptyLine = `42${JSON.stringify(["line", { user: { name: nameOf(0) }, text: "" }])}`;
const TEXT_AT = emptyLine.length - '"}]'.length;
const LINE_BYTES = emptyLine.length + TEXT_BYTES;

/** Socket.IO 5 over Engine.IO 4, as text packets over WebSocket alone. */
export const socketIo: Dialect = {
  door: (port) => ({ port, path: "/socket.io/?EIO=4&transport=websocket", headers: [] }),
  greeting: () => "",
  next(frame, token) {
    if (frame.startsWith("0{")) return { kind: "say", frame: `40${JSON.stringify({ token })}` };
    if (frame.startsWith("40{")) return { kind: "in" };
    if (frame.startsWith("44")) throw new Error(`not logged in: ${frame}`);
    return { kind: "wait" };
  },
  say: (_number, text) => `42${JSON.stringify(["line", text])}`,
  replyTo: (bytes, start, end) => (end - start === 1 && bytes[start] === PING ? PONG : ""),
  read(bytes, start, end, ear) {
    if (end - start === LINE_BYTES && isDigit(bytes, start + TEXT_AT)) ear.line(bytes, start + TEXT_AT);
    else ear.remark(bytes.toString("utf8", start, end));
  },
};

const PING = "2".charCodeAt(0);
const PONG = "3";

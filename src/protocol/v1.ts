/**
 * Plume's wire protocol, version 1: its messages, how they are parsed and how they are encoded. A frame is one message, the
 * JSON text `{"type":n,"user":{"name":s},"text":s}` with its keys in this order. Shared by the server, the page, the
 * benchmarks and the tests; imports nothing.
 */

/** Every message type by name. The numbers are Plume's and never change. */
export const MessageType = {
  /** C→S, `text` is `name\nemail`: asks for a login code by mail. */
  Hello: 0,
  /** Both ways: a chat line. The server fills in `user`. */
  Text: 1,
  /** C→S, `text` is the login code or a session token. */
  Auth: 2,
  /** S→C: accepted. `user` is who you are, `text` a session token. */
  AuthAck: 3,
  /** S→C: the code or token was not accepted. `text` says why, for people. */
  AuthRst: 4,
  /** S→C: the name or address is not allowed. `user` repeats the name, `text` says why, for people. */
  MayNotEnter: 5,
} as const;

/** Who a message is from or about. */
export interface UserOnWire {
  name: string;
}

/** What a client may send. `user` is ignored when present. */
export type ClientMessage =
  | { type: typeof MessageType.Hello; text: string }
  | { type: typeof MessageType.Text; text: string }
  | { type: typeof MessageType.Auth; text: string };

/** What the server may send. */
export type ServerMessage =
  | { type: typeof MessageType.Text; user: UserOnWire; text: string }
  | { type: typeof MessageType.AuthAck; user: UserOnWire; text: string }
  | { type: typeof MessageType.AuthRst; user: UserOnWire; text: string }
  | { type: typeof MessageType.MayNotEnter; user: UserOnWire; text: string };

/** The bot's name. Nobody can log in with it or with a name that looks like it. */
export const BOT_NAME = "plumebot";

/** What parsing a message comes to. A `problem` is a sentence part for people: "not JSON", "no text". */
export type ParsedMessage<M> =
  | { kind: "message"; message: M }
  /** Of a type that this side does not take; the connection can go on. */
  | { kind: "unknown"; problem: string }
  /** Not as the protocol has it. */
  | { kind: "malformed"; problem: string };

/** Parses a frame a client sent. Never throws; unknown fields are ignored; a missing `text` is empty. */
export function parseClientMessage(frame: string): ParsedMessage<ClientMessage> {
  const fields = parseFields(frame);
  if (fields.kind !== "fields") return fields;
  switch (fields.type) {
    case MessageType.Hello:
    case MessageType.Text:
    case MessageType.Auth:
      return { kind: "message", message: { type: fields.type, text: fields.text } };
    default:
      return unknown(fields.type, "0 (Hello), 1 (Text) and 2 (Auth)");
  }
}

/** Parses a frame the server sent. Never throws; unknown fields are ignored. */
export function parseServerMessage(frame: string): ParsedMessage<ServerMessage> {
  const fields = parseFields(frame);
  if (fields.kind !== "fields") return fields;
  switch (fields.type) {
    case MessageType.Text:
    case MessageType.AuthAck:
    case MessageType.AuthRst:
    case MessageType.MayNotEnter:
      return {
        kind: "message",
        message: { type: fields.type, user: { name: fields.name }, text: fields.text },
      };
    default:
      return unknown(fields.type, "1 (Text), 3 (AuthAck), 4 (AuthRst) and 5 (MayNotEnter)");
  }
}

/** Encodes a message as one text frame, keys in Plume's order. */
export function encodeMessage(message: ClientMessage | ServerMessage): string {
  const name = "user" in message ? message.user.name : "";
  return `{"type":${message.type},"user":{"name":${JSON.stringify(name)}},"text":${JSON.stringify(message.text)}}`;
}

type Fields = { kind: "fields"; type: number; name: string; text: string };
type Malformed = { kind: "malformed"; problem: string };

function parseFields(frame: string): Fields | Malformed {
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return malformed("not JSON");
  }
  if (!isRecord(json)) return malformed("not a JSON object");
  const { type, text = "", user } = json;
  if (typeof type !== "number" || !Number.isInteger(type)) return malformed("no whole number as type");
  if (typeof text !== "string") return malformed("text is not a string");
  const name = isRecord(user) && typeof user.name === "string" ? user.name : "";
  return { kind: "fields", type, name, text };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(problem: string): Malformed {
  return { kind: "malformed", problem };
}

function unknown(type: number, known: string): { kind: "unknown"; problem: string } {
  return { kind: "unknown", problem: `unknown type ${type}; known are ${known}` };
}

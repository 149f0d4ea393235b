import { type ClientMessage, MessageType, type ServerMessage } from "./message.ts";

/** What a frame turned out to be. A `problem` is a sentence part for people: "not JSON", "no text". */
export type Parsed<M> =
  | { kind: "message"; message: M }
  /** JSON of the right shape with a type this side does not take; the connection can go on. */
  | { kind: "unknown"; problem: string }
  /** Not a Plume frame at all. */
  | { kind: "malformed"; problem: string };

/** Parses a frame a client sent. Never throws; unknown fields are ignored, a missing `text` is empty. */
export function parseClientMessage(frame: string): Parsed<ClientMessage> {
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
export function parseServerMessage(frame: string): Parsed<ServerMessage> {
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

import * as v from "valibot";
import { limits } from "../limits.ts";
import { type ClientMessageV2, clientMessage, type ServerMessageV2, serverMessage, Type } from "./v2.ts";

/** What a message in a frame turned out to be. Problems are sentence parts for people. */
export type Read<M> =
  | { kind: "message"; message: M }
  | { kind: "unknown"; problem: string }
  | { kind: "wrong"; problem: string };

/** What a frame turned out to be. */
export type Frame<M> = { kind: "frame"; messages: Read<M>[] } | { kind: "malformed"; problem: string };

/** Reads a frame a client sent. Never throws. */
export function readClientFrame(frame: string): Frame<ClientMessageV2> {
  return read(frame, limits.messagesPerFrame, (message) => v.safeParse(clientMessage, message, quickly));
}

/** Reads a frame the server sent. Never throws. */
export function readServerFrame(frame: string): Frame<ServerMessageV2> {
  return read(frame, Number.POSITIVE_INFINITY, (message) => v.safeParse(serverMessage, message, quickly));
}

/** Writes one message, or several, as a frame. */
export function writeFrame(
  messages: ClientMessageV2 | ServerMessageV2 | readonly (ClientMessageV2 | ServerMessageV2)[],
): string {
  return JSON.stringify(messages);
}

const quickly = { abortEarly: true };
const known = new Set<unknown>(Object.values(Type));

function read<M>(
  frame: string,
  messagesMax: number,
  check: (message: unknown) => v.SafeParseResult<v.GenericSchema<unknown, M>>,
): Frame<M> {
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return { kind: "malformed", problem: "not JSON" };
  }
  const messages = Array.isArray(json) ? json : [json];
  if (messages.length === 0) return { kind: "malformed", problem: "an empty array" };
  if (messages.length > messagesMax) {
    return {
      kind: "malformed",
      problem: `${messages.length} messages in a frame, ${messagesMax} are allowed`,
    };
  }
  return { kind: "frame", messages: messages.map((message) => readMessage(message, check)) };
}

function readMessage<M>(
  message: unknown,
  check: (message: unknown) => v.SafeParseResult<v.GenericSchema<unknown, M>>,
): Read<M> {
  const type =
    typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
  if (typeof type === "number" && !known.has(type))
    return { kind: "unknown", problem: `unknown type ${type}` };
  const checked = check(message);
  if (checked.success) return { kind: "message", message: checked.output };
  const [issue] = checked.issues;
  return { kind: "wrong", problem: `${v.getDotPath(issue) ?? "the message"}: ${issue.message}` };
}

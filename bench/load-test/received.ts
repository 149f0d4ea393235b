import { bot } from "../../src/chat/bot.ts";
import { LOBBY } from "../../src/chat/rooms.ts";
import { BOT_NAME, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import { parseServerFrame, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import type { LineContent, RunLines } from "../common/lines.ts";

/** Of Plume's protocol. */
export type Version = 1 | 2;

/** A message from a server, as far as a simulated client has to understand it, in either version. */
export type Received =
  /** `seq` is 0 in version 1, which has no numbers. */
  | { kind: "entry"; room: string; seq: number; content: LineContent }
  | { kind: "ack"; room: string; number: number; seq: number }
  /** A line was not taken; version 1 does not say which. */
  | { kind: "refused"; line: { room: string; number: number } | undefined; reason: string }
  /** The server says that this client misses entries. */
  | { kind: "gap" }
  | Answer
  | { kind: "unreadable"; problem: string };

/** What answers a client that logs in or joins a room. */
export type Answer =
  | { kind: "codeSent" }
  | { kind: "accepted" }
  | { kind: "joined"; room: string; from: number; last: number }
  | { kind: "rejected"; reason: string; retryAfterMs: number | undefined };

export type FrameReader = (frame: string) => readonly Received[];

/** Bounds of the parsed frames that are remembered. */
const FRAMES_MAX = 1_000;

/**
 * Makes a reader of frames. Everybody in a room gets the same ones, so each is parsed once: to parse it for every client
 * would cost a load test more than all the rest.
 */
export function frameReader(version: Version, lines: RunLines): FrameReader {
  const read = version === 1 ? readV1 : readV2;
  const known = new Map<string, readonly Received[]>();
  return (frame) => {
    const before = known.get(frame);
    if (before) return before;
    const received = read(frame, lines);
    if (known.size === FRAMES_MAX) known.clear();
    known.set(frame, received);
    return received;
  };
}

/**
 * Reads of a frame, in either version, only how it begins: whether the client is logged in, was refused something, or
 * misses entries. For clients that check nothing and get much.
 */
export function readBeginning(frame: string): readonly Received[] {
  if (frame.startsWith(`{"type":${Type.AuthAck},`)) return [{ kind: "accepted" }];
  if (frame.startsWith(`{"type":${Type.Gap},`)) return [{ kind: "gap" }];
  const isRefusal = frame.startsWith(`{"type":${Type.Refused},`) || frame.startsWith(NOTICE_V1);
  return isRefusal ? [{ kind: "refused", line: undefined, reason: "" }] : [];
}

/** How everything begins that the server itself says in version 1. */
const NOTICE_V1 = `{"type":${MessageType.Text},"user":{"name":"${BOT_NAME}"}`;

function readV1(frame: string, lines: RunLines): Received[] {
  const parsed = parseServerMessage(frame);
  if (parsed.kind === "unknown") return [];
  if (parsed.kind === "malformed") return [{ kind: "unreadable", problem: parsed.problem }];
  const { type, user, text } = parsed.message;
  switch (type) {
    case MessageType.AuthAck:
      return [{ kind: "accepted" }];
    case MessageType.AuthRst:
      return [rejected(text || "the code was not accepted")];
    case MessageType.MayNotEnter:
      return [rejected(text || `the name ${user.name} is taken`)];
    case MessageType.Text:
      if (user.name !== BOT_NAME) return [{ kind: "entry", room: LOBBY, seq: 0, content: lines.read(text) }];
      if (text.startsWith(bot.notSent(""))) return [{ kind: "refused", line: undefined, reason: text }];
      return text.startsWith("no code was sent") ? [rejected(text)] : [];
  }
}

function rejected(reason: string, retryAfterMs?: number): Received {
  return { kind: "rejected", reason, retryAfterMs };
}

function readV2(frame: string, lines: RunLines): Received[] {
  const read = parseServerFrame(frame);
  if (read.kind === "malformed") return [{ kind: "unreadable", problem: read.problem }];
  return read.messages.flatMap((message): Received[] => {
    if (message.kind === "unknown") return [];
    if (message.kind === "malformed") return [{ kind: "unreadable", problem: message.problem }];
    return receivedIn(message.message, lines);
  });
}

function receivedIn(message: ServerMessageV2, lines: RunLines): Received[] {
  switch (message.type) {
    case Type.Text:
      return [{ kind: "entry", room: message.room, seq: message.seq, content: lines.read(message.text) }];
    case Type.Edited:
    case Type.Deleted:
    case Type.Entered:
    case Type.Departed:
      return [{ kind: "entry", room: message.room, seq: message.seq, content: { kind: "foreign" } }];
    case Type.Ack: {
      const { room, nonce, seq } = message;
      return [{ kind: "ack", room, number: lines.numberOf(nonce), seq }];
    }
    case Type.Refused: {
      const { room, nonce, text: reason, retryAfterMs } = message;
      if (room === undefined || nonce === undefined) return [rejected(reason, retryAfterMs)];
      return [{ kind: "refused", line: { room, number: lines.numberOf(nonce) }, reason }];
    }
    case Type.HelloAck:
      return [{ kind: "codeSent" }];
    case Type.AuthAck:
      return [{ kind: "accepted" }];
    case Type.AuthRst:
    case Type.MayNotEnter:
      return [rejected(message.text)];
    case Type.Joined:
      return [{ kind: "joined", room: message.room, from: message.from, last: message.last }];
    case Type.Gap:
      return [{ kind: "gap" }];
    case Type.Left:
    case Type.History:
    case Type.MailLate:
    case Type.Typing:
    case Type.Presence:
    case Type.Invite:
    case Type.VoidInvites:
    case Type.Sessions:
    case Type.Pong:
      return [];
  }
}

import { bot } from "../../src/chat/bot.ts";
import { LOBBY } from "../../src/chat/rooms.ts";
import { BOT_NAME, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import { type ServerMessageV2, Type, readServerFrame } from "../../src/protocol/v2.ts";
import type { Lines, Said } from "./line.ts";
import type { Version } from "./options.ts";

/** What a server says, as far as a load has to know, in either version. */
export type Heard =
  /** `seq` is 0 in version 1, which has no numbers. */
  | { kind: "said"; room: string; seq: number; said: Said }
  | { kind: "ack"; room: string; number: number; seq: number }
  /** A line was not taken; version 1 does not say which. */
  | { kind: "notTaken"; line: { room: string; number: number } | undefined; reason: string }
  | Answer
  | { kind: "unreadable"; problem: string };

export type FrameReader = (frame: string) => readonly Heard[];

/** What answers a client that comes in. */
export type Answer =
  | { kind: "codeSent" }
  | { kind: "accepted" }
  | { kind: "joined"; room: string; from: number; last: number }
  | { kind: "rejected"; reason: string; retryAfterMs: number | undefined };

/**
 * Makes a reader of frames. Everybody in a room gets the same ones, so each is parsed once: JSON would cost a load more than
 * all the rest.
 */
export function frameReader(version: Version, lines: Lines): FrameReader {
  const read = version === 1 ? readV1 : readV2;
  const known = new Map<string, readonly Heard[]>();
  return (frame) => {
    const before = known.get(frame);
    if (before) return before;
    const heard = read(frame, lines);
    if (known.size === FRAMES_KNOWN) known.clear();
    known.set(frame, heard);
    return heard;
  };
}

/** Frames remembered at once. */
const FRAMES_KNOWN = 1_000;

function readV1(frame: string, lines: Lines): Heard[] {
  const parsed = parseServerMessage(frame);
  if (parsed.kind === "unknown") return [];
  if (parsed.kind === "malformed") return [{ kind: "unreadable", problem: parsed.problem }];
  const { type, user, text } = parsed.message;
  switch (type) {
    case MessageType.AuthAck:
      return [{ kind: "accepted" }];
    case MessageType.AuthRst:
      return [{ kind: "rejected", reason: text || "the code was not accepted", retryAfterMs: undefined }];
    case MessageType.MayNotEnter:
      return [
        { kind: "rejected", reason: text || `the name ${user.name} is taken`, retryAfterMs: undefined },
      ];
    case MessageType.Text:
      if (user.name !== BOT_NAME) return [{ kind: "said", room: LOBBY, seq: 0, said: lines.read(text) }];
      if (text.startsWith(bot.notSent(""))) return [{ kind: "notTaken", line: undefined, reason: text }];
      if (text.startsWith("no code was sent"))
        return [{ kind: "rejected", reason: text, retryAfterMs: undefined }];
      return [];
  }
}

function readV2(frame: string, lines: Lines): Heard[] {
  const read = readServerFrame(frame);
  if (read.kind === "malformed") return [{ kind: "unreadable", problem: read.problem }];
  return read.messages.flatMap((message): Heard[] => {
    if (message.kind === "unknown") return [];
    if (message.kind === "malformed") return [{ kind: "unreadable", problem: message.problem }];
    return heardIn(message.message, lines);
  });
}

function heardIn(message: ServerMessageV2, lines: Lines): Heard[] {
  switch (message.type) {
    case Type.Text:
      return [{ kind: "said", room: message.room, seq: message.seq, said: lines.read(message.text) }];
    case Type.Edited:
    case Type.Deleted:
    case Type.Entered:
    case Type.Departed:
      return [{ kind: "said", room: message.room, seq: message.seq, said: { kind: "foreign" } }];
    case Type.Ack: {
      const { room, nonce, seq } = message;
      return [{ kind: "ack", room, number: lines.numberOf(nonce), seq }];
    }
    case Type.Refused: {
      const { room, nonce, text: reason, retryAfterMs } = message;
      const line =
        room === undefined || nonce === undefined ? undefined : { room, number: lines.numberOf(nonce) };
      if (line) return [{ kind: "notTaken", line, reason }];
      return [{ kind: "rejected", reason, retryAfterMs }];
    }
    case Type.HelloAck:
      return [{ kind: "codeSent" }];
    case Type.AuthAck:
      return [{ kind: "accepted" }];
    case Type.AuthRst:
    case Type.MayNotEnter:
      return [{ kind: "rejected", reason: message.text, retryAfterMs: undefined }];
    case Type.Joined:
      return [{ kind: "joined", room: message.room, from: message.from, last: message.last }];
    case Type.Gap: // the numbers it names are missing, and counted as such when the next one comes
    case Type.Left:
    case Type.History:
    case Type.Typing:
    case Type.Presence:
    case Type.Invite:
      return [];
  }
}

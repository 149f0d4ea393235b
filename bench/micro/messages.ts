import {
  type ClientMessage,
  encodeMessage,
  MessageType,
  type ServerMessage,
} from "../../src/protocol/message.ts";
import { parseClientMessage } from "../../src/protocol/parse.ts";
import { type ClientMessageV2, type LogEntryV2, Type } from "../../src/protocol/v2.ts";
import { readClientFrame, readServerFrame, writeFrame } from "../../src/protocol/v2-frame.ts";
import type { Group } from "./rows.ts";

/** How often one run goes through the messages. */
const ROUNDS = 200;

/** What people say: short and longer, with and without characters that JSON escapes or that are no ASCII. */
const texts = [
  "hi",
  "shall we meet at eight, at the old bridge?",
  'he said "no" — then\tyes',
  "größer, 早上好, 🌊",
  "a longer line, as people write one when they have something to explain. ".repeat(4),
];
const user = { name: "marguerite" };
const room = "lobby";

const fromClientV1: ClientMessage[] = texts.map((text) => ({ type: MessageType.Text, text }));
const fromServerV1: ServerMessage[] = texts.map((text) => ({ type: MessageType.Text, user, text }));
const fromClientV2: ClientMessageV2[] = texts.map((text, at) => ({
  type: Type.Text,
  room,
  text,
  nonce: `n${at}`,
}));
const fromServerV2: LogEntryV2[] = texts.map((text, seq) => ({
  type: Type.Text,
  room,
  seq,
  at: 1.7e12,
  user,
  text,
}));

/** Reading and writing each version beside the JSON in it, which checks nothing. */
export const protocol: readonly Group[] = [
  group("v1 parse, as the server does", fromClientV1.map(encodeMessage), {
    parseClientMessage: (frame) => parseClientMessage(frame).kind === "message",
    "JSON.parse": isParsed,
  }),
  group("v1 encode, as the server does", fromServerV1, {
    encodeMessage: (message) => encodeMessage(message).length > 0,
    "JSON.stringify": isWritten,
  }),
  group("v2 parse, as the server does", fromClientV2.map(writeFrame), {
    readClientFrame: (frame) => readClientFrame(frame).kind === "frame",
    "JSON.parse": isParsed,
  }),
  group("v2 parse, as the page does", fromServerV2.map(writeFrame), {
    readServerFrame: (frame) => readServerFrame(frame).kind === "frame",
    "JSON.parse": isParsed,
  }),
  group("v2 encode, as the server does", fromServerV2, {
    writeFrame: (message) => writeFrame(message).length > 0,
    "JSON.stringify": isWritten,
  }),
];

/** @param ways what is measured, each with its name. It returns whether it understood the message. */
function group<M>(
  name: string,
  messages: readonly M[],
  ways: Record<string, (message: M) => boolean>,
): Group {
  const passes = Object.entries(ways).map(([way, handle]) => ({
    name: way,
    messages: ROUNDS * messages.length,
    run() {
      let understood = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const message of messages) understood += Number(handle(message));
      }
      return understood;
    },
  }));
  return { name, passes };
}

function isParsed(frame: string): boolean {
  return typeof JSON.parse(frame) === "object";
}

function isWritten(message: unknown): boolean {
  return JSON.stringify(message).length > 0;
}

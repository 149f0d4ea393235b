import { bot } from "../chat/bot.ts";
import type { MessageSink } from "../chat/client.ts";
import type { RoomMessage } from "../chat/message.ts";
import type { AuthResult, HelloResult } from "../login/login.ts";
import type { Counters } from "../metrics/counters.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { BOT_NAME, encodeMessage, MessageType, type ServerMessage } from "../protocol/v1.ts";
import { Type } from "../protocol/v2.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Refusal } from "./requests.ts";
import { type Responder, sendWhenReady } from "./responder.ts";

/** Version 1 has neither acks nor refusals: an answer without a message type is a line from the bot, or nothing. */
export class ResponderV1 implements Responder, MessageSink {
  readonly #socket: Socket;
  readonly #counters: Counters;

  constructor(socket: Socket, counters: Counters) {
    this.#socket = socket;
    this.#counters = counters;
  }

  async hello(result: HelloResult): Promise<void> {
    switch (result.kind) {
      case "mailing":
        return;
      case "notMailed":
        return this.#notice(result.problem);
      case "mayNotEnter":
        return this.#send({
          type: MessageType.MayNotEnter,
          user: { name: result.name },
          text: result.problem,
        });
    }
  }

  async auth(result: AuthResult): Promise<void> {
    switch (result.kind) {
      case "rejected":
        return this.#send({ type: MessageType.AuthRst, user: { name: "" }, text: result.problem });
      case "mayNotEnter":
        return this.#send({
          type: MessageType.MayNotEnter,
          user: { name: result.name },
          text: result.problem,
        });
      case "accepted": {
        const { name } = result.visit.user;
        await this.#send({ type: MessageType.AuthAck, user: { name }, text: result.token });
        for (const line of bot.greetings(name)) await this.#notice(line);
      }
    }
  }

  mailLate(problem: string): Promise<void> {
    return this.#notice(problem);
  }

  notMailed(problem: string): Promise<void> {
    return this.#notice(problem);
  }

  refuse({ code, request, problem }: Refusal): Promise<void> {
    this.#counters.refused.add(code);
    return this.#notice(request?.type === Type.Text ? bot.notSent(problem) : bot.notDone(problem));
  }

  async joined(): Promise<void> {}
  async left(): Promise<void> {}
  async ack(): Promise<void> {}
  async history(): Promise<void> {}
  async invitation(): Promise<void> {}

  async invitationsVoid(): Promise<void> {}
  async sessions(): Promise<void> {}
  async pong(): Promise<void> {}

  /** Version 1 has one room, so the responder itself takes its messages. */
  sink(): MessageSink {
    return this;
  }

  deliver(messages: readonly RoomMessage[]): number {
    return this.#socket.send(framesOf(messages));
  }

  signal(): boolean {
    return true;
  }

  /** Version 1 has no message for a gap, so a reader that fell behind is closed, to come again. */
  missed(): "stop" {
    this.#counters.missed.add("closed");
    this.end(goodbyes.tooSlow);
    return "stop";
  }

  ready(): Promise<void> {
    return this.#socket.drained();
  }

  end(goodbye: Goodbye): boolean {
    return this.#socket.end(goodbye);
  }

  #notice(text: string): Promise<void> {
    return this.#send({ type: MessageType.Text, user: { name: BOT_NAME }, text });
  }

  #send(message: ServerMessage): Promise<void> {
    return sendWhenReady(this.#socket, () => Buffer.from(encodeMessage(message)));
  }
}

/** Readers that are up to date share one batch, so its frames are encoded once. */
const framesOfBatch = new WeakMap<readonly RoomMessage[], readonly Frame[]>();
/** Readers that are behind get other batches of the same messages. */
const frameOfMessage = new WeakMap<RoomMessage, Frame>();

function framesOf(messages: readonly RoomMessage[]): readonly Frame[] {
  const known = framesOfBatch.get(messages);
  if (known) return known;
  const frames = messages.map(frameOf);
  framesOfBatch.set(messages, frames);
  return frames;
}

function frameOf(message: RoomMessage): Frame {
  const known = frameOfMessage.get(message);
  if (known) return known;
  const { name } = message.user;
  const frame = Buffer.from(encodeMessage({ type: MessageType.Text, user: { name }, text: textOf(message) }));
  frameOfMessage.set(message, frame);
  return frame;
}

/** In version 1 every message is a line of the user's. */
function textOf(message: RoomMessage): string {
  switch (message.kind) {
    case "text":
      return message.deleted ? "took a line back" : message.text;
    case "edited":
      return `edited: ${message.text}`;
    case "deleted":
      return "took a line back";
    case "entered":
      return "entered chat";
    case "left":
      return "left chat";
  }
}

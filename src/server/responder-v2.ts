import type { Client, MessageSink } from "../chat/client.ts";
import type { RoomMessage, Signal } from "../chat/message.ts";
import type { Room } from "../chat/room.ts";
import type { Entered, Older } from "../chat/room-commands.ts";
import { limits } from "../limits.ts";
import type { AuthResult, HelloResult, MayNotEnter } from "../login/login.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Person, SessionId } from "../people/person.ts";
import type { Author } from "../people/user.ts";
import type { Goodbye } from "../protocol/close.ts";
import { encodeFrame, type LogEntryV2, type ServerMessageV2, Type } from "../protocol/v2.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Refusal } from "./requests.ts";
import { type Responder, sendWhenReady } from "./responder.ts";

/** In version 2 every request is answered, but for Typing. */
export class ResponderV2 implements Responder {
  readonly #socket: Socket;
  readonly #counters: Counters;

  constructor(socket: Socket, counters: Counters) {
    this.#socket = socket;
    this.#counters = counters;
  }

  async hello(result: HelloResult): Promise<void> {
    switch (result.kind) {
      case "mailing": {
        const { attempt, taken, sentBy } = result;
        return this.#send({ type: Type.HelloAck, attempt, validMs: limits.codeValidMs, taken, sentBy });
      }
      case "notMailed":
        return this.#send({
          type: Type.Refused,
          code: "mail",
          text: result.problem,
          retryAfterMs: result.retryAfterMs,
        });
      case "mayNotEnter":
        return this.#mayNotEnter(result);
    }
  }

  async auth(result: AuthResult): Promise<void> {
    switch (result.kind) {
      case "accepted":
        return this.#send({
          type: Type.AuthAck,
          user: authorOf(result.visit.user),
          text: result.token,
        });
      case "rejected":
        return this.#send({
          type: Type.AuthRst,
          code: result.code,
          text: result.problem,
          again: result.again,
        });
      case "mayNotEnter":
        return this.#mayNotEnter(result);
    }
  }

  mailLate(problem: string): Promise<void> {
    return this.#send({ type: Type.MailLate, text: problem });
  }

  notMailed(problem: string, permanent: boolean): Promise<void> {
    return this.#send({ type: Type.Refused, code: permanent ? "mail-address" : "mail", text: problem });
  }

  refuse({ code, problem, retryAfterMs, request }: Refusal): Promise<void> {
    this.#counters.refused.add(code);
    return this.#send({
      type: Type.Refused,
      code,
      text: problem,
      ...(request && "room" in request ? { room: request.room } : {}),
      ...(request && "nonce" in request && request.nonce !== undefined ? { nonce: request.nonce } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  joined({ name, epoch, isPrivate }: Room, { first, last, from }: Entered): Promise<void> {
    return this.#send({ type: Type.Joined, room: name, epoch, first, last, from, private: isPrivate });
  }

  left(room: string): Promise<void> {
    return this.#send({ type: Type.Left, room });
  }

  ack(room: string, nonce: string, seq: number): Promise<void> {
    return this.#send({ type: Type.Ack, room, nonce, seq });
  }

  history(room: string, older: () => Older): Promise<void> {
    return this.#sendMade(() => {
      const { first, messages } = older();
      const entries = messages.map((message) => entryOf(room, message));
      return { type: Type.History, room, first, entries };
    });
  }

  invitation(room: string, invitation: { text: string; expiresAtMs: number; uses: number }): Promise<void> {
    const { text, expiresAtMs: expiresAt, uses } = invitation;
    return this.#send({ type: Type.Invite, room, text, expiresAt, uses });
  }

  invitationsVoid(room: string): Promise<void> {
    return this.#send({ type: Type.VoidInvites, room });
  }

  sessions(person: Person, here: SessionId): Promise<void> {
    const live = person.sessions.filter(({ isEnded }) => !isEnded);
    const sessions = live
      .sort((a, b) => b.usedAtMs - a.usedAtMs)
      .map((session) => ({
        session: session.id,
        device: session.device,
        createdAt: session.createdAtMs,
        usedAt: session.usedAtMs,
        connections: person.connections.filter((connection) => connection.session === session.id).length,
        isThis: session.id === here,
      }));
    return this.#send({ type: Type.Sessions, sessions });
  }

  pong(): Promise<void> {
    return this.#send({ type: Type.Pong });
  }

  sink(client: Client): MessageSink {
    return new RoomSink(this.#socket, client.room.name, this.#counters);
  }

  ready(): Promise<void> {
    return this.#socket.drained();
  }

  end(goodbye: Goodbye): boolean {
    return this.#socket.end(goodbye);
  }

  #mayNotEnter({ code, name, problem, field }: MayNotEnter): Promise<void> {
    return this.#send({ type: Type.MayNotEnter, code, user: { name }, text: problem, field });
  }

  #send(message: ServerMessageV2): Promise<void> {
    return this.#sendMade(() => message);
  }

  #sendMade(make: () => ServerMessageV2): Promise<void> {
    return sendWhenReady(this.#socket, () => Buffer.from(encodeFrame(make())));
  }
}

/** Sends what one room says. A batch is one frame, and one send. */
class RoomSink implements MessageSink {
  readonly #socket: Socket;
  readonly #room: string;
  readonly #counters: Counters;

  constructor(socket: Socket, room: string, counters: Counters) {
    this.#socket = socket;
    this.#room = room;
    this.#counters = counters;
  }

  deliver(messages: readonly RoomMessage[]): number {
    return this.#socket.send([frameOfBatch(this.#room, messages)]) === 1 ? messages.length : 0;
  }

  signal(signal: Signal): boolean {
    return this.#socket.send([frameOfSignal(this.#room, signal)]) === 1;
  }

  ready(): Promise<void> {
    return this.#socket.drained();
  }

  missed(first: number, last: number): "go on" {
    this.#counters.missed.add("told");
    const gap: ServerMessageV2 = { type: Type.Gap, room: this.#room, first, last };
    void sendWhenReady(this.#socket, () => Buffer.from(encodeFrame(gap)));
    return "go on";
  }
}

/** Readers of a room that are up to date share one batch, so its frame is encoded once. A batch belongs to one room. */
const batchFrames = new WeakMap<readonly RoomMessage[], Frame>();
/** A signal belongs to one room too, except that all rooms share the one that nobody types. */
const signalFrames = new WeakMap<Signal, { room: string; frame: Frame }>();

function frameOfBatch(room: string, messages: readonly RoomMessage[]): Frame {
  const known = batchFrames.get(messages);
  if (known) return known;
  const entries = messages.map((message) => entryOf(room, message));
  const frame = Buffer.from(encodeFrame(entries));
  batchFrames.set(messages, frame);
  return frame;
}

function frameOfSignal(room: string, signal: Signal): Frame {
  const known = signalFrames.get(signal);
  if (known?.room === room) return known.frame;
  const type = signal.kind === "presence" ? Type.Presence : Type.Typing;
  const frame = Buffer.from(encodeFrame({ type, room, count: signal.count, names: [...signal.names] }));
  signalFrames.set(signal, { room, frame });
  return frame;
}

/** What of somebody goes out. */
function authorOf({ id, name }: Author): { id: string; name: string } {
  return { id, name };
}

function entryOf(room: string, message: RoomMessage): LogEntryV2 {
  const { seq, at } = message;
  const common = { room, seq, at, user: authorOf(message.user) };
  switch (message.kind) {
    case "text":
      return {
        type: Type.Text,
        ...common,
        text: message.text,
        ...(message.deleted ? { deleted: true } : {}),
      };
    case "edited":
      return { type: Type.Edited, ...common, of: message.of, text: message.text };
    case "deleted":
      return { type: Type.Deleted, ...common, of: message.of };
    case "entered":
      return { type: Type.Entered, ...common };
    case "left":
      return { type: Type.Departed, ...common };
  }
}

import type { Outlet } from "../chat/client.ts";
import type { RoomMessage } from "../chat/message.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { BOT_NAME, encodeMessage, MessageType, type ServerMessage } from "../protocol/message.ts";
import type { Frame, Socket } from "../transport/socket.ts";

/** Says things to one client in version 1 of the protocol, at the pace its socket takes them. */
export class Voice implements Outlet {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** "Accepted": who you are, and a token that logs in again without a mail. */
  welcome(name: string, token: string): Promise<void> {
    return this.#say({ type: MessageType.AuthAck, user: { name }, text: token });
  }

  /** "The code or token was not accepted." */
  rejectAuth(reason: string): Promise<void> {
    return this.#say({ type: MessageType.AuthRst, user: { name: "" }, text: reason });
  }

  /** "You may not enter under this name." */
  rejectName(name: string, reason: string): Promise<void> {
    return this.#say({ type: MessageType.MayNotEnter, user: { name }, text: reason });
  }

  /** A line from the bot that only this client sees. */
  notice(text: string): Promise<void> {
    return this.#say({ type: MessageType.Text, user: { name: BOT_NAME }, text });
  }

  deliver(messages: readonly RoomMessage[]): number {
    return this.#socket.send(framesOf(messages));
  }

  /** Settles when all that was said has left, or the socket is gone. */
  ready(): Promise<void> {
    return this.#socket.drained();
  }

  /** Version 1 has no way to tell of a gap, so a reader that fell behind has to come again. */
  missed(): "stop" {
    this.end(goodbyes.tooSlow);
    return "stop";
  }

  /** Closes the socket; false when it is gone already. */
  end(goodbye: Goodbye): boolean {
    return this.#socket.end(goodbye);
  }

  async #say(message: ServerMessage): Promise<void> {
    const frames = [Buffer.from(encodeMessage(message))];
    while (this.#socket.send(frames) === 0) await this.#socket.drained();
  }
}

/** Everyone who is up to date gets the very same batch, so its frames are made once. */
const framesOfBatch = new WeakMap<readonly RoomMessage[], readonly Frame[]>();
/** Those who are behind get other batches of the same messages. */
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

/** In version 1 coming and going are lines of the user's own. */
function textOf(message: RoomMessage): string {
  switch (message.kind) {
    case "text":
      return message.text;
    case "entered":
      return "entered chat";
    case "left":
      return "left chat";
  }
}

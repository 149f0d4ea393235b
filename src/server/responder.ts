import type { Client, MessageSink } from "../chat/client.ts";
import type { Room } from "../chat/room.ts";
import type { Entered, Older } from "../chat/room-commands.ts";
import type { AuthResult, HelloResult } from "../login/login.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Refusal } from "./requests.ts";

/**
 * Says things to one client, in its version of the protocol, at the pace its socket takes them. A promise settles
 * when the socket has taken what was said, or is gone.
 */
export interface Responder {
  /** What became of a Hello. */
  hello(result: HelloResult): Promise<void>;
  /** What became of an Auth. */
  auth(result: AuthResult): Promise<void>;
  /** The mail with the code could not be sent. */
  notMailed(problem: string): Promise<void>;
  refuse(refusal: Refusal): Promise<void>;
  /** The client has come into a room; what it follows comes after this. */
  joined(room: Room, entered: Entered): Promise<void>;
  left(room: string): Promise<void>;
  /** What was asked for with this nonce is in the room's log under this number. */
  ack(room: string, nonce: string, seq: number): Promise<void>;
  /** @param older is looked up when the socket takes it. */
  history(room: string, older: () => Older): Promise<void>;
  invitation(room: string, text: string, expiresAtMs: number): Promise<void>;
  /** Where the messages of a room go. */
  outlet(client: Client): MessageSink;
  /** Settles when all that was said has left, or the socket is gone. */
  ready(): Promise<void>;
  /** Closes the socket; false when it is gone already. */
  end(goodbye: Goodbye): boolean;
}

/** Hands one frame to a socket when it takes it. It is made only then: whoever waits holds nothing large. */
export async function sayOn(socket: Socket, frame: () => Frame): Promise<void> {
  while (socket.isFull) await socket.drained();
  socket.send([frame()]);
}

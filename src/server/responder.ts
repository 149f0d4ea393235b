import type { Client, MessageSink } from "../chat/client.ts";
import type { Room } from "../chat/room.ts";
import type { Entered, Older } from "../chat/room-commands.ts";
import type { AuthResult, HelloResult } from "../login/login.ts";
import type { Person, SessionId } from "../people/person.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Refusal } from "./requests.ts";

/**
 * Answers one peer in its version of the protocol, at the pace its socket takes frames. A promise settles when the socket
 * has taken the answer, or is gone.
 */
export interface Responder {
  /** What became of a Hello. */
  hello(result: HelloResult): Promise<void>;
  /** What became of an Auth. */
  auth(result: AuthResult): Promise<void>;
  /** The mail with the code is not sent yet. */
  mailLate(problem: string): Promise<void>;
  /** The mail with the code could not be sent. `permanent`: nor will any to this address. */
  notMailed(problem: string, permanent: boolean): Promise<void>;
  refuse(refusal: Refusal): Promise<void>;
  /** The peer has entered a room. The room's messages come after this. */
  joined(room: Room, entered: Entered): Promise<void>;
  left(room: string): Promise<void>;
  /** The request with this nonce is in the room's log as number `seq`. */
  ack(room: string, nonce: string, seq: number): Promise<void>;
  /** @param older is called when the socket takes the answer, so that nothing large waits for it. */
  history(room: string, older: () => Older): Promise<void>;
  invitation(room: string, invitation: { text: string; expiresAtMs: number; uses: number }): Promise<void>;
  /** The invitations to the room that were made until now are void. */
  invitationsVoid(room: string): Promise<void>;
  /** The sessions of the person, of which this connection has `here`. */
  sessions(person: Person, here: SessionId): Promise<void>;
  /** The connection stands. */
  pong(): Promise<void>;
  /** Where the messages of the client's room go. */
  sink(client: Client): MessageSink;
  /** Settles when nothing is unsent, or the socket is gone. */
  ready(): Promise<void>;
  /** Closes the socket after what was sent. False when it is gone already. */
  end(goodbye: Goodbye): boolean;
}

/** Sends one frame when the socket is not full. Encodes it only then: while it waits, it holds nothing large. */
export async function sendWhenReady(socket: Socket, frame: () => Frame): Promise<void> {
  while (socket.isFull) await socket.drained();
  socket.send([frame()]);
}

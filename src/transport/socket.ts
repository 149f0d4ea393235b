import type { Channel } from "../channel/channel.ts";
import type { SocketBudgets } from "../memory/budgets.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Peer } from "./peer.ts";

/** One encoded message: UTF-8 JSON, shared by everyone it is sent to; never written to. */
export type Frame = Uint8Array;

/** 2 where the client asked for the subprotocol `plume.v2`. */
export type Version = 1 | 2;

/**
 * One WebSocket, as its Connection sees it. The Connection is its only writer.
 * After the socket is gone every method does nothing, so nobody has to ask first.
 */
export interface Socket {
  readonly peer: Peer;
  /** The version of the protocol that was agreed on. */
  readonly version: Version;

  /** Whether it would take nothing now. */
  readonly isFull: boolean;

  /**
   * Hands frames to the network, in order, until the socket is full (more than `limits.unsentBytesSoft` unsent, or less
   * where all sockets together have much unsent). With nothing unsent it takes one frame at least.
   * Returns how many it took: wait for `drained` and hand over the rest.
   */
  send(frames: readonly Frame[]): number;

  /** Settles when nothing is unsent, or the socket is gone. */
  drained(): Promise<void>;

  /** Sends what was handed over, then closes with the code and reason. False when the socket is gone already. */
  end(goodbye: Goodbye): boolean;

  /** Closes without a word, and lets go of all it holds. */
  cut(): void;
}

/** What the transport asks of the server. Called inside socket callbacks, so both only enqueue. */
export interface Door {
  readonly budgets: SocketBudgets;
  readonly counters: Counters;
  /** A socket has opened. Its frames, decoded, go to the channel returned, which the transport closes when the socket is gone. */
  open(socket: Socket): Channel<string>;
  /** Whether `/healthz` may say ok. */
  healthy(): boolean;
}

/** A transport that listens. */
export interface Listener {
  /** The TCP port that is listened on. */
  readonly port: number;
  /** Takes no new connections; those that are open stay. */
  stopAccepting(): void;
  /** Takes new connections again, after `stopAccepting`; false when somebody else has the port now. */
  acceptAgain(): Promise<boolean>;
  /** Closes everything at once. */
  destroy(): void;
}

import { WaitList } from "../actor/wait-list.ts";
import { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { SocketBudgets } from "../memory/budgets.ts";
import type { BudgetedSocket } from "../memory/send-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import type { Clock } from "../system/clock.ts";
import { type Rate, TokenBucket } from "../system/token-bucket.ts";
import type { Peer } from "./peer.ts";

/** One encoded message: UTF-8 JSON, shared by everyone it is sent to; never written to. */
export type Frame = Uint8Array;

/** 2 where the client asked for the subprotocol `plume.v2`. */
export type Version = 1 | 2;

/**
 * One WebSocket, as its Connection sees it. The Connection is its only writer.
 * Once the socket is not open any more every method does nothing, so that nobody has to ask first.
 */
export interface Socket {
  readonly peer: Peer;
  /** The version of the protocol that was agreed on. */
  readonly version: Version;

  /** Back-pressure: whether the socket would take nothing now. */
  readonly isFull: boolean;
  /** Bytes that the socket holds in memory, unsent and of messages that have not come whole, as far as its library tells. */
  readonly heldBytes: number;

  /**
   * Hands frames to the network, in order, until the socket is full (more than `limits.unsentBytesSoft` unsent, or less
   * where all sockets together have much unsent). A socket with nothing unsent takes one frame at least.
   * Returns how many frames were taken: wait for `drained` and hand over the rest.
   */
  send(frames: readonly Frame[]): number;

  /** Settles when nothing is unsent, or the socket is not open any more. */
  drained(): Promise<void>;

  /** Sends what was handed over, then closes with the code and reason. False when the socket was not open. */
  end(goodbye: Goodbye): boolean;

  /** Closes without a close frame, and releases everything the socket holds. */
  cut(): void;
}

/** What takes the sockets that a transport opens: the server. Called inside socket callbacks, so its methods only enqueue. */
export interface SocketHandler {
  readonly budgets: SocketBudgets;
  readonly counters: Counters;
  /**
   * A socket has opened. Its messages, decoded, go to the channel returned, which the transport closes when nothing more
   * can come. The handler may end the socket at once.
   */
  open(socket: Socket): Channel<string>;
  /** Whether `/healthz` answers ok. */
  healthy(): boolean;
}

/** What all sockets of a transport share. */
export interface SocketContext {
  readonly server: SocketHandler;
  readonly clock: Clock;
}

/**
 * `open`: takes frames. `ending`: takes none, but what was handed over, a close frame at its end, may still be held in
 * memory until the peer reads it. `gone`: holds nothing. A socket only ever moves forward.
 */
type SocketState = "open" | "ending" | "gone";

const controlRate: Rate = { perSecond: limits.controlFramesPerSecond, burst: limits.controlFrameBurst };

/** Where messages go while the server has not taken the socket yet. */
const closedInbox = new Channel<string>({ capacity: 1 });
closedInbox.close();

/**
 * What a socket is on every transport: its state, its inbox, the writer that waits for it to drain, its part of the send
 * budget, and the count of how it ended. A transport adds how its library sends, closes, and tells what is unsent.
 */
export abstract class BaseSocket implements Socket, BudgetedSocket {
  readonly peer: Peer;
  readonly version: Version;
  protected readonly context: SocketContext;
  /** Whoever waits for `drained`. */
  protected readonly waiting = new WaitList();
  #state: SocketState = "open";
  #inbox = closedInbox;
  #unsentBytes = 0;
  /** Made when the first ping or pong comes: few clients send any. */
  #controlPace: TokenBucket | undefined;

  constructor({ peer, version }: { peer: Peer; version: Version }, context: SocketContext) {
    this.peer = peer;
    this.version = version;
    this.context = context;
  }

  abstract readonly isFull: boolean;
  abstract send(frames: readonly Frame[]): number;
  abstract drained(): Promise<void>;
  /** Has the library send a close frame behind what is unsent. */
  protected abstract sendClose(goodbye: Goodbye): void;
  /** Has the library drop the connection. */
  protected abstract terminate(): void;

  get state(): SocketState {
    return this.#state;
  }

  /** What the socket holds of the send budget. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get heldBytes(): number {
    return this.#unsentBytes;
  }

  end(goodbye: Goodbye): boolean {
    if (this.#state !== "open") return false;
    this.#leave(goodbye.code); // first, since the library may call back at once
    this.sendClose(goodbye);
    return true;
  }

  cut(): void {
    if (this.#state === "gone") return;
    this.release("cut");
    this.terminate();
  }

  /** The library has opened the socket: hands it to the server. */
  opened(): void {
    this.#inbox = this.context.server.open(this);
    if (this.#state !== "open") this.#inbox.close();
  }

  /** The library has a whole message, which it has checked to be UTF-8 where it is text. The bytes may change after this. */
  received(message: ArrayBuffer | Buffer, isBinary: boolean): void {
    if (this.#state === "open") receive(this, this.#inbox, message, isBinary);
  }

  /** A ping or pong has come: no message, so that it has a pace of its own. Over it the peer is flooding. */
  protected countControlFrame(): void {
    this.#controlPace ??= new TokenBucket(controlRate, this.context.clock);
    if (this.#controlPace.take().kind === "wait") this.end(goodbyes.flooding);
  }

  /** Nothing more comes from the peer, and nothing more can be written. What is unsent is held until `release`. */
  lost(): void {
    this.#leave("gone");
    this.#inbox.close();
  }

  /** Nothing of the socket is left in memory. `how` counts where it was open until now. */
  release(how: "gone" | "cut" = "gone"): void {
    this.#leave(how);
    this.hold(0);
    this.#state = "gone";
  }

  /** Counts what is unsent in the send budget; over that, the budget cuts the largest socket, which may be this one. */
  protected hold(bytes: number): void {
    if (this.#state === "gone") return;
    const before = this.#unsentBytes;
    this.#unsentBytes = bytes;
    this.context.server.budgets.send.changed(this, before);
  }

  /** From open to ending, counted by the close code or by what happened instead. */
  #leave(how: number | "gone" | "cut"): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.context.server.counters.closed.add(how);
    this.waiting.wake(undefined);
  }
}

/** Puts a message into a socket's inbox; ends the socket where the message is not allowed or there is no room for it. */
export function receive(
  socket: Socket,
  inbox: Channel<string>,
  message: ArrayBuffer | Buffer,
  isBinary: boolean,
): void {
  const goodbye = enqueue(inbox, message, isBinary);
  if (!goodbye) return;
  socket.end(goodbye);
  inbox.close();
}

function enqueue(
  inbox: Channel<string>,
  message: ArrayBuffer | Buffer,
  isBinary: boolean,
): Goodbye | undefined {
  if (isBinary) return goodbyes.binary;
  if (message.byteLength > limits.frameBytesMax) return goodbyes.tooLarge;
  const bytes = Buffer.isBuffer(message) ? message : Buffer.from(message);
  if (inbox.trySend(bytes.toString("utf8")) !== "full") return undefined;
  const isOver = inbox.length >= inbox.capacity || inbox.bytesBuffered + bytes.length > limits.inboxBytes;
  return isOver ? goodbyes.flooding : goodbyes.serverFull; // full with what others sent
}

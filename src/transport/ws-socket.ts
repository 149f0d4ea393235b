import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { WaitList } from "../actor/wait-list.ts";
import { limits } from "../limits.ts";
import type { SocketBudgets } from "../memory/budgets.ts";
import type { BudgetedSocket } from "../memory/send-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import type { Clock } from "../system/clock.ts";
import type { Admitted } from "./endpoint.ts";
import type { Peer } from "./peer.ts";
import type { Door, Frame, Socket, Version } from "./socket.ts";

/** How often `beat` has to be called. */
export const beatEveryMs = limits.idleTimeoutMs / 4;
/** Who was not heard of for so many beats is pinged at each; who is silent for the whole idle timeout is gone. */
const BEATS_TO_PING = 2;
const BEATS_TO_GO = 4;

/** What an unsent frame holds beside its bytes: the stream's requests for it and for its head; estimated. */
const FRAME_BYTES = 640;

/** The least that comes before what is in a frame, and all that does before a ping. */
const HEAD_BYTES = 6;

/** How long a client that is not read any more has to take the goodbye. */
const GOODBYE_MS = 1000;

/** One socket of the library `ws`, with the TCP stream below it. */
export class WsSocket implements Socket, BudgetedSocket {
  readonly peer: Peer;
  readonly version: Version;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #budgets: SocketBudgets;
  readonly #counters: Counters;
  readonly #waiting = new WaitList();
  #isOpen = true;
  /** Whether what is sent is held back until the event loop's turn ends, to leave in one write. */
  #isCorked = false;
  /** Frames that the stream has not handed to the system yet. */
  #unsentFrames = 0;
  /** What it holds of that, as counted last. */
  #unsentBytes = 0;
  /** Bytes of a message that has not come whole, as far as they are counted. */
  #arrivingBytes = 0;
  /** Bytes that came last. */
  #chunkBytes = 0;
  /** Beats since the peer was last heard of. */
  #silentBeats = 0;

  constructor(ws: WebSocket, stream: Duplex, { peer, version }: Admitted, door: Door, clock: Clock) {
    this.#ws = ws;
    this.#stream = stream;
    this.peer = peer;
    this.version = version;
    this.#budgets = door.budgets;
    this.#counters = door.counters;
    this.#clock = clock;
    // Before the library, which says in its own listener what has come whole with this.
    stream.prependListener("data", (bytes: Buffer) => {
      this.#heard();
      this.#arriving(bytes.length);
    });
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(frames: readonly Frame[]): number {
    if (!this.#isOpen) return frames.length;
    let taken = 0;
    for (const frame of frames) {
      if (this.isFull) break;
      this.#cork();
      this.#unsentFrames += 1;
      this.#ws.send(frame, { binary: false }, this.#onSent);
      this.#counters.bytesSent += frame.length;
      taken += 1;
    }
    this.#counters.framesSent += taken;
    this.#look();
    return taken;
  }

  drained(): Promise<void> {
    return this.#isOpen && this.#unsentFrames > 0 ? this.#waiting.wait() : Promise.resolve();
  }

  end(goodbye: Goodbye): boolean {
    if (!this.#isOpen) return false;
    this.#counters.closed.add(goodbye.code);
    this.#isOpen = false;
    this.#waiting.wake(undefined);
    this.#ws.close(goodbye.code, goodbye.reason);
    this.#flush(); // at once: the process may end in this turn
    return true;
  }

  cut(): void {
    if (this.#isOpen) this.#counters.closed.add("cut");
    this.#isOpen = false;
    this.#ws.terminate();
    this.onDestroyed();
  }

  /** A message has come whole: what is left is of the last chunk, behind it. */
  onMessage(bytes: number): void {
    this.#counts(Math.min(this.#arrivingBytes, this.#chunkBytes) - bytes - HEAD_BYTES);
  }

  /** A ping or pong has come, maybe within a message. */
  onControl(bytes: number): void {
    this.#counts(this.#arrivingBytes - bytes - HEAD_BYTES);
  }

  /** It can't be written to any more. */
  onGone(): void {
    if (this.#isOpen) this.#counters.closed.add("gone");
    this.#isOpen = false;
    this.#waiting.wake(undefined);
  }

  /** Nothing of it is left. */
  onDestroyed(): void {
    this.#unsentFrames = 0;
    this.#holds(0);
    this.#counts(0);
    this.onGone();
  }

  /** Pings a peer that is silent, and gives up one that has been for the idle timeout. */
  beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats >= BEATS_TO_GO) this.#ws.terminate();
    else if (this.#silentBeats >= BEATS_TO_PING) this.#ws.ping();
  }

  #heard(): void {
    this.#silentBeats = 0;
  }

  readonly #onSent = (): void => {
    this.#unsentFrames = Math.max(0, this.#unsentFrames - 1);
    this.#look();
    if (this.#unsentFrames > 0 || this.#waiting.length === 0) return;
    this.#heard(); // a slow reader took it all, though its pong is still behind that
    this.#waiting.wake(undefined);
  };

  get isFull(): boolean {
    const { socketBytesMax } = this.#budgets.send;
    if (this.#stream.writableLength > socketBytesMax) this.#flush(); // the system may take it all
    return this.#stream.writableLength > socketBytesMax;
  }

  /**
   * A client that has part of a message under way, while the server has no room for what it got already, is sent away, and not read
   * any more: the library would go on collecting what it sends until it has answered the goodbye.
   */
  #arriving(bytes: number): void {
    const { received } = this.#budgets;
    this.#chunkBytes = bytes;
    if (
      !received.allows(received.costOf(0, this.#arrivingBytes), 0, bytes) &&
      this.end(goodbyes.serverFull)
    ) {
      this.#stream.pause();
      this.#clock.after(GOODBYE_MS, () => this.#ws.terminate());
    }
    this.#counts(this.#arrivingBytes + bytes);
  }

  #counts(bytes: number): void {
    const arrivingBytes = Math.max(0, bytes);
    this.#budgets.received.add(0, arrivingBytes - this.#arrivingBytes);
    this.#arrivingBytes = arrivingBytes;
  }

  #look(): void {
    this.#holds(this.#stream.writableLength + FRAME_BYTES * this.#unsentFrames);
  }

  #holds(backlogBytes: number): void {
    const before = this.#unsentBytes;
    this.#unsentBytes = backlogBytes;
    this.#budgets.send.changed(this, before);
  }

  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    this.#clock.turn(() => this.#flush());
  }

  #flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }
}

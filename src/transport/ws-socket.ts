import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { limits } from "../limits.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Clock } from "../system/clock.ts";
import type { Admitted } from "./entrance.ts";
import { Waiting } from "./open-socket.ts";
import type { Peer } from "./peer.ts";
import type { Frame, Socket, Version } from "./socket.ts";

/** How often `beat` has to be called. */
export const beatEveryMs = limits.idleTimeoutMs / 4;
/** Who was not heard of for so many beats is pinged at each; who is silent for the whole idle timeout is gone. */
const BEATS_TO_PING = 2;
const BEATS_TO_GO = 4;

/** One socket of the library `ws`, with the TCP stream below it. */
export class WsSocket implements Socket {
  readonly peer: Peer;
  readonly version: Version;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #waiting = new Waiting();
  #isOpen = true;
  /** Whether what is sent is held back until the event loop's turn ends, to leave in one write. */
  #isCorked = false;
  /** Frames that the stream has not handed to the system yet. */
  #unsentFrames = 0;
  /** Beats since the peer was last heard of. */
  #silentBeats = 0;

  constructor(ws: WebSocket, stream: Duplex, { peer, version }: Admitted, clock: Clock) {
    this.#ws = ws;
    this.#stream = stream;
    this.peer = peer;
    this.version = version;
    this.#clock = clock;
    stream.on("data", () => this.#heard());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(frames: readonly Frame[]): number {
    if (!this.#isOpen) return frames.length;
    let taken = 0;
    for (const frame of frames) {
      if (this.#isFull()) break;
      this.#cork();
      this.#unsentFrames += 1;
      this.#ws.send(frame, { binary: false }, this.#onSent);
      taken += 1;
    }
    return taken;
  }

  drained(): Promise<void> {
    return this.#isOpen && this.#unsentFrames > 0 ? this.#waiting.wait() : Promise.resolve();
  }

  end(goodbye: Goodbye): boolean {
    if (!this.#isOpen) return false;
    this.onGone();
    this.#ws.close(goodbye.code, goodbye.reason);
    this.#flush(); // at once: the process may end in this turn
    return true;
  }

  onGone(): void {
    this.#isOpen = false;
    this.#waiting.wake();
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
    this.#unsentFrames -= 1;
    if (this.#unsentFrames > 0 || !this.#waiting.isAnybody) return;
    this.#heard(); // a slow reader took it all, though its pong is still behind that
    this.#waiting.wake();
  };

  #isFull(): boolean {
    if (this.#stream.writableLength > limits.unsentBytesSoft) this.#flush(); // the system may take it all
    return this.#stream.writableLength > limits.unsentBytesSoft;
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

import type { Pool } from "../channel/pool.ts";
import { limits } from "../limits.ts";

/** A socket that has something unsent. */
export interface Backlogged {
  /** What it holds. */
  readonly backlogBytes: number;
  /** Closes it without a word, and lets go of all it holds: a close code would wait behind what is not read. */
  cut(): void;
}

/** Where cutting ends, so that it is not done again at once. */
const ENOUGH = 7 / 8;

/**
 * What is unsent on all sockets, together. The more there is, the sooner a socket is full, the largest backlogs first: then its
 * reader is a slow one, which is told what it missed when it goes on. Where that does not do, since any socket that has nothing
 * unsent takes one frame, the largest are cut off.
 */
export class Backlogs {
  readonly #pool: Pool;
  readonly #behind = new Set<Backlogged>();
  /** Hears of each that is cut. */
  readonly #onCut: () => void;

  constructor(pool: Pool, onCut: () => void) {
    this.#pool = pool;
    this.#onCut = onCut;
  }

  /** Over so many bytes unsent a socket is full. */
  get unsentBytesMax(): number {
    return Math.min(limits.unsentBytesSoft, Math.max(limits.unsentBytesLeast, this.#pool.free));
  }

  /** What a socket holds has changed. */
  changed(socket: Backlogged, fromBytes: number): void {
    const toBytes = socket.backlogBytes;
    if (fromBytes === toBytes) return;
    this.#pool.add(0, toBytes - fromBytes);
    if (toBytes === 0) this.#behind.delete(socket);
    else if (fromBytes === 0) this.#behind.add(socket);
    if (this.#pool.used > this.#pool.max) this.#relieve();
  }

  #relieve(): void {
    const largestFirst = [...this.#behind].sort((one, other) => other.backlogBytes - one.backlogBytes);
    for (const socket of largestFirst) {
      if (this.#pool.used <= ENOUGH * this.#pool.max) return;
      socket.cut();
      this.#onCut();
    }
  }
}

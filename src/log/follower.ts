import { wholeNumber } from "../system/assert.ts";
import type { WakeQueue } from "./wake-queue.ts";

/** What a follower has not seen yet, or which of it the log no longer has. Sequence numbers are inclusive. */
export type Batch<T> =
  | { kind: "entries"; first: number; entries: readonly T[] }
  | { kind: "gap"; first: number; last: number };

/** What a follower gets: a batch, or word that something beside the log has changed. */
export type Fed<T> = Batch<T> | { kind: "nudge" };

/** What a follower reads. */
interface Source<T> {
  readonly closed: boolean;
  readonly nudges: number;
  read(since: number): Batch<T> | undefined;
}

/**
 * One reader's position in a log. Written by hand, since one append wakes thousands of these: nothing
 * of it is in memory but a number, and while it waits a promise.
 */
export class Follower<T> implements AsyncIterableIterator<Fed<T>, undefined> {
  readonly #source: Source<T>;
  readonly #parking: WakeQueue;
  #cursor: number;
  /** Nudges of the source that it knows of. */
  #nudges = 0;
  #left = false;
  /** Settles the pending `next()`. */
  #settle: ((result: IteratorResult<Fed<T>, undefined>) => void) | undefined;

  constructor(source: Source<T>, parking: WakeQueue, since: number) {
    this.#source = source;
    this.#parking = parking;
    this.#cursor = since;
  }

  /** What comes next begins behind this sequence number. */
  get cursor(): number {
    return this.#cursor;
  }

  next(): Promise<IteratorResult<Fed<T>, undefined>> {
    if (this.#settle !== undefined) {
      return Promise.reject(new Error("a follower's next() was called while another one waits"));
    }
    const result = this.#poll();
    if (result !== undefined) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#parking.enter(this);
    });
  }

  /**
   * Goes back: what comes next begins behind entry number `cursor`. So a reader that could take only part of
   * a batch holds nothing while it waits, and falls off the ring like any other. Forward is a RangeError.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 8, bytes, turn: setImmediate });
   * for (const text of ["a", "b"]) log.append(text);
   * const follower = log.follow(0);
   * await follower.next();
   * follower.rewind(1);
   * assert.deepEqual((await follower.next()).value, { kind: "entries", first: 2, entries: ["b"] });
   * ```
   */
  rewind(cursor: number): void {
    if (wholeNumber("a cursor", cursor, 0) > this.#cursor) {
      throw new RangeError(`a follower at ${this.#cursor} cannot be rewound to ${cursor}`);
    }
    this.#cursor = cursor;
    this.#lookAgain();
  }

  /** Stops following. A pending `next()` ends too. */
  return(): Promise<IteratorResult<Fed<T>, undefined>> {
    this.#left = true;
    this.#lookAgain();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** For the parking: settles the pending `next()`, or parks again where there is nothing new. */
  wake(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    const result = this.#poll();
    if (result === undefined) {
      this.#parking.enter(this);
    } else {
      this.#settle = undefined;
      settle(result);
    }
  }

  /** Has a pending `next()` see what has changed on this side. */
  #lookAgain(): void {
    this.#parking.leave(this);
    this.wake();
  }

  #poll(): IteratorResult<Fed<T>, undefined> | undefined {
    if (this.#left) return { value: undefined, done: true };
    const batch = this.#source.read(this.#cursor);
    if (batch !== undefined) {
      this.#cursor = lastOf(batch);
      return { value: batch, done: false };
    }
    if (this.#nudges !== this.#source.nudges) {
      this.#nudges = this.#source.nudges;
      return { value: nudge, done: false };
    }
    return this.#source.closed ? { value: undefined, done: true } : undefined;
  }
}

const nudge = { kind: "nudge" } as const;

/** The sequence number of what a batch ends with. */
export function lastOf(batch: Batch<unknown>): number {
  return batch.kind === "gap" ? batch.last : batch.first + batch.entries.length - 1;
}

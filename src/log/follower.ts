import { wholeNumber } from "../system/assert.ts";
import type { WakeQueue } from "./wake-queue.ts";

/** Entries that a follower has not seen, or the range of them that the log no longer has. Sequence numbers are inclusive. */
export type Batch<T> =
  | { kind: "entries"; first: number; entries: readonly T[] }
  | { kind: "gap"; first: number; last: number };

/** The newest of the values that a log was told beside its entries. */
export interface Latest<L> {
  readonly kind: "latest";
  readonly value: L;
}

/** What a follower reads. */
interface Source<T, L> {
  readonly closed: boolean;
  readonly latest: Latest<L> | undefined;
  read(since: number): Batch<T> | undefined;
}

/**
 * One reader's position in a log. Yields the entries behind it, batch by batch, and when there are none, the latest value
 * where that is another than the one it yielded before. Written by hand, since one append wakes thousands of these: in
 * memory it is a number and a reference, and while it waits a promise.
 */
export class Follower<T, L = never> implements AsyncIterableIterator<Batch<T> | Latest<L>, undefined> {
  readonly #source: Source<T, L>;
  readonly #wakeQueue: WakeQueue;
  #cursor: number;
  /** The latest value that was yielded. */
  #latest: Latest<L> | undefined;
  #left = false;
  /** Settles the pending `next()`. */
  #settle: ((result: IteratorResult<Batch<T> | Latest<L>, undefined>) => void) | undefined;

  constructor(source: Source<T, L>, wakeQueue: WakeQueue, since: number) {
    this.#source = source;
    this.#wakeQueue = wakeQueue;
    this.#cursor = since;
  }

  /** The sequence number behind which the next entries begin. */
  get cursor(): number {
    return this.#cursor;
  }

  next(): Promise<IteratorResult<Batch<T> | Latest<L>, undefined>> {
    if (this.#settle !== undefined) {
      return Promise.reject(new Error("a follower's next() was called while another one waits"));
    }
    const result = this.#poll();
    if (result !== undefined) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#wakeQueue.enter(this);
    });
  }

  /**
   * Goes back: the next entries begin behind number `cursor`, and the latest value comes again behind them. So a reader that
   * could not take all it was given holds nothing while it waits, and falls off the ring like any other. Forward is a
   * RangeError.
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
    this.#latest = undefined;
    this.#lookAgain();
  }

  /** Stops following. A pending `next()` ends too. */
  return(): Promise<IteratorResult<Batch<T> | Latest<L>, undefined>> {
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

  /** Called by the wake queue: settles the pending `next()`, or waits again where there is nothing new. */
  wake(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    const result = this.#poll();
    if (result === undefined) {
      this.#wakeQueue.enter(this);
    } else {
      this.#settle = undefined;
      settle(result);
    }
  }

  /** Has a pending `next()` see what has changed on this side. */
  #lookAgain(): void {
    this.#wakeQueue.leave(this);
    this.wake();
  }

  #poll(): IteratorResult<Batch<T> | Latest<L>, undefined> | undefined {
    if (this.#left) return { value: undefined, done: true };
    const batch = this.#source.read(this.#cursor);
    if (batch !== undefined) {
      this.#cursor = lastOf(batch);
      return { value: batch, done: false };
    }
    const { latest } = this.#source;
    if (latest !== undefined && latest !== this.#latest) {
      this.#latest = latest;
      return { value: latest, done: false };
    }
    return this.#source.closed ? { value: undefined, done: true } : undefined;
  }
}

/** The sequence number of what a batch ends with. */
export function lastOf(batch: Batch<unknown>): number {
  return batch.kind === "gap" ? batch.last : batch.first + batch.entries.length - 1;
}

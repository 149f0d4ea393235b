import type { Batch } from "./follower.ts";
import type { Pool } from "./pool.ts";

/** Batches remembered for the next follower at the same cursor. Over it all are made anew when asked for. */
const batchesMax = 16;

/**
 * The batches that were made since a log last changed, by the cursor they were read from. Their bytes count in the
 * pool, since an encoder may keep as much for each; where that has no room, everyone is given a batch of their own.
 */
export class SharedBatches<T> {
  readonly #batches = new Map<number, Batch<T>>();
  readonly #pool: Pool | undefined;
  #bytes = 0;
  #closed = false;

  constructor(pool: Pool | undefined) {
    this.#pool = pool;
  }

  get(cursor: number): Batch<T> | undefined {
    return this.#batches.get(cursor);
  }

  remember(cursor: number, batch: Batch<T>, bytes: number): void {
    if (this.#batches.size >= batchesMax) this.forget();
    if (this.#pool?.allows(0, 0, bytes) === false) return;
    this.#batches.set(cursor, batch);
    this.#count(bytes);
  }

  forget(): void {
    if (this.#batches.size === 0) return;
    this.#batches.clear();
    this.#count(-this.#bytes);
  }

  /** What is remembered from now on stays, for nothing changes any more, and counts in the pool no longer. */
  close(): void {
    this.#count(-this.#bytes);
    this.#closed = true;
  }

  #count(bytes: number): void {
    if (this.#closed) return;
    this.#bytes += bytes;
    this.#pool?.add(0, bytes);
  }
}

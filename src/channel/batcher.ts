import { wholeNumber } from "./check.ts";
import type { Batch } from "./follower.ts";
import type { Pool } from "./pool.ts";
import { SharedBatches } from "./shared-batches.ts";
import type { SizedRing } from "./sized-ring.ts";

interface BatcherOptions {
  /** Entries of one batch. */
  batchMax: number;
  /** Bytes of its entries; one always fits. */
  batchBytesMax: number;
  /** Counts the batches that are remembered. */
  pool: Pool | undefined;
}

/** Makes the batches of a log: each of them once for all followers that are at the same place. */
export class Batcher<T> {
  readonly #ring: SizedRing<T>;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #shared: SharedBatches<T>;

  /** @param ring the log's own. */
  constructor(ring: SizedRing<T>, { batchMax, batchBytesMax, pool }: BatcherOptions) {
    this.#ring = ring;
    this.#entriesMax = wholeNumber("batchMax", batchMax, 1);
    this.#bytesMax = wholeNumber("batchBytesMax", batchBytesMax, 0);
    this.#shared = new SharedBatches(pool);
  }

  /** What was remembered is not so any more. */
  changed(): void {
    this.#shared.forget();
  }

  /** Nothing of the log changes any more, nor counts in the pool. */
  close(): void {
    this.#shared.close();
    this.#ring.leavePool();
  }

  /** What comes behind entry number `cursor`, where there is something. @param first the number of the ring's oldest. */
  behind(cursor: number, first: number): Batch<T> {
    return this.#shared.get(cursor) ?? this.#batch(cursor, first);
  }

  #batch(cursor: number, first: number): Batch<T> {
    if (cursor + 1 < first) return { kind: "gap", first: cursor + 1, last: first - 1 };
    const entries: T[] = [];
    let bytes = 0;
    for (let at = cursor + 1 - first; at < this.#ring.length && entries.length < this.#entriesMax; at += 1) {
      const more = this.#ring.bytesAt(at);
      if (bytes + more > this.#bytesMax && entries.length > 0) break;
      bytes += more;
      entries.push(this.#ring.at(at));
    }
    const batch: Batch<T> = { kind: "entries", first: cursor + 1, entries };
    this.#shared.remember(cursor, batch, bytes);
    return batch;
  }
}

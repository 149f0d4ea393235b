import { wholeNumber } from "./check.ts";
import type { Batch } from "./follower.ts";
import type { SizedRing } from "./sized-ring.ts";

/** Batches remembered for the next follower at the same cursor. Over it the oldest is made anew when asked for. */
const sharedBatches = 16;

/** Makes the batches of a log: each of them once for all followers that are at the same place. */
export class Batcher<T> {
  readonly #ring: SizedRing<T>;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  /** By the cursor they were read from, since the log last changed. */
  readonly #shared = new Map<number, Batch<T>>();

  /** @param ring the log's own. @param entriesMax of one batch. @param bytesMax of its entries; one always fits. */
  constructor(ring: SizedRing<T>, entriesMax: number, bytesMax: number) {
    this.#ring = ring;
    this.#entriesMax = wholeNumber("batchMax", entriesMax, 1);
    this.#bytesMax = wholeNumber("batchBytesMax", bytesMax, 0);
  }

  /** What was remembered is not so any more. */
  changed(): void {
    this.#shared.clear();
  }

  /** What comes behind entry number `cursor`, where there is something. @param first the number of the ring's oldest. */
  behind(cursor: number, first: number): Batch<T> {
    const shared = this.#shared.get(cursor);
    if (shared !== undefined) return shared;
    const batch = this.#batch(cursor, first);
    for (const oldest of this.#shared.keys()) {
      if (this.#shared.size < sharedBatches) break;
      this.#shared.delete(oldest);
    }
    this.#shared.set(cursor, batch);
    return batch;
  }

  #batch(cursor: number, first: number): Batch<T> {
    if (cursor + 1 < first) return { kind: "gap", first: cursor + 1, last: first - 1 };
    const entries: T[] = [];
    let bytes = 0;
    for (let at = cursor + 1 - first; at < this.#ring.length && entries.length < this.#entriesMax; at += 1) {
      bytes += this.#ring.bytesAt(at);
      if (bytes > this.#bytesMax && entries.length > 0) break;
      entries.push(this.#ring.at(at));
    }
    return { kind: "entries", first: cursor + 1, entries };
  }
}

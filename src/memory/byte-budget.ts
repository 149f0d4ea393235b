import { wholeNumber } from "../system/assert.ts";

export interface ByteBudgetOptions {
  /** Bytes that all of them may hold together, beside the shares. */
  max: number;
  /** Bytes that each may always hold, whatever the others do. 0 unless told. */
  share?: number;
  /** What an item costs beside its bytes. 0 unless told. */
  itemBytes?: number;
  /** What a byte costs: 2 where it may become a character of 2 bytes. 1 unless told. */
  perByte?: number;
}

/**
 * Bytes that many queues hold together. Each adds what it takes in, and takes off what it lets go of. The rule for one
 * that wants more: it may hold its share, or as much as is left for all others. So whoever holds most is stopped
 * first, and one that holds nothing gets in as long as there is anything left.
 *
 * @example
 * ```ts
 * const pool = new ByteBudget({ max: 100, share: 10 });
 * pool.add(1, 60);
 * assert.equal(pool.allows(60, 1, 1), false);
 * assert.equal(pool.allows(0, 1, 40), true);
 * pool.add(1, 40);
 * assert.equal(pool.allows(0, 1, 11), false);
 * assert.equal(pool.allows(0, 1, 10), true);
 * ```
 */
export class ByteBudget {
  readonly max: number;
  readonly #share: number;
  readonly #itemBytes: number;
  readonly #perByte: number;
  #used = 0;

  constructor({ max, share = 0, itemBytes = 0, perByte = 1 }: ByteBudgetOptions) {
    this.max = wholeNumber("max", max, 0);
    this.#share = wholeNumber("share", share, 0);
    this.#itemBytes = wholeNumber("itemBytes", itemBytes, 0);
    this.#perByte = wholeNumber("perByte", perByte, 1);
  }

  /** What is held; over `max` by the shares at most, where everybody asks first. */
  get used(): number {
    return this.#used;
  }

  get free(): number {
    return Math.max(0, this.max - this.#used);
  }

  /** Whether one that holds so much, as `costOf` has it, may take in more. */
  allows(held: number, items: number, bytes: number): boolean {
    return held + this.costOf(items, bytes) <= Math.max(this.#share, this.free);
  }

  costOf(items: number, bytes: number): number {
    return items * this.#itemBytes + bytes * this.#perByte;
  }

  /** Counts what was taken in or, where negative, let go of. */
  add(items: number, bytes: number): void {
    this.#used += this.costOf(items, bytes);
  }
}

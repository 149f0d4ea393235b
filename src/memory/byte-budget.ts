import { wholeNumber } from "../system/assert.ts";

export interface ByteBudgetOptions {
  /** Bytes that all holders may have together, beside their shares. */
  max: number;
  /** Bytes that each holder may always have. 0 unless told. */
  share?: number;
  /** What an item costs beside its bytes. 0 unless told. */
  itemBytes?: number;
  /** What a byte costs: 2 where it may become a character of 2 bytes. 1 unless told. */
  perByte?: number;
}

/**
 * A bound on the bytes that many queues hold together. Each queue counts what it takes in and what it releases. A queue that
 * wants more may hold its share, or as much as is left for all others: so the largest is stopped first, and an empty one gets
 * in as long as anything is left.
 *
 * @example
 * ```ts
 * const budget = new ByteBudget({ max: 100, share: 10 });
 * budget.add(1, 60);
 * assert.equal(budget.allows(60, 1, 1), false);
 * assert.equal(budget.allows(0, 1, 40), true);
 * budget.add(1, 40);
 * assert.equal(budget.allows(0, 1, 11), false);
 * assert.equal(budget.allows(0, 1, 10), true);
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

  /** Bytes held; over `max` by the shares at most, where every holder asks `allows` first. */
  get used(): number {
    return this.#used;
  }

  get free(): number {
    return Math.max(0, this.max - this.#used);
  }

  /** Whether a holder of `held` bytes, counted as `costOf` does, may take in more. */
  allows(held: number, items: number, bytes: number): boolean {
    return held + this.costOf(items, bytes) <= Math.max(this.#share, this.free);
  }

  costOf(items: number, bytes: number): number {
    return items * this.#itemBytes + bytes * this.#perByte;
  }

  /** Counts what a holder took in or, where negative, released. */
  add(items: number, bytes: number): void {
    this.#used += this.costOf(items, bytes);
  }
}

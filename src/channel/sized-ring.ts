import { wholeNumber } from "./check.ts";
import type { Pool } from "./pool.ts";
import { Ring } from "./ring.ts";

/** A Ring that knows the bytes of each value in it, and their sum, which it counts in a pool too. Its owner decides what is too much. */
export class SizedRing<T> {
  readonly #values: Ring<T>;
  readonly #sizes: Ring<number>;
  #pool: Pool | undefined;
  #bytes = 0;

  constructor(capacity: number, pool: Pool | undefined) {
    this.#values = new Ring(capacity);
    this.#sizes = new Ring(capacity);
    this.#pool = pool;
  }

  get length(): number {
    return this.#values.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the pool has room for a value of so many bytes in this ring. */
  mayGrow(bytes: number): boolean {
    const pool = this.#pool;
    return pool === undefined || pool.allows(pool.costOf(this.length, this.#bytes), 1, bytes);
  }

  push(value: T, bytes: number): void {
    this.#values.push(value);
    this.#sizes.push(bytes);
    this.#count(1, bytes);
  }

  shift(): T {
    this.#count(-1, -this.#sizes.shift());
    return this.#values.shift();
  }

  /** Takes out the oldest until a value of so many bytes fits in, or nothing is left. */
  makeRoom(bytes: number, bytesMax: number): void {
    const isFull = () => this.length >= this.#values.capacity || this.#bytes + bytes > bytesMax;
    while (this.length > 0 && isFull()) this.shift();
  }

  /** Takes out the oldest, and more until there are so many bytes, but the newest only where it is alone. */
  shed(bytesMax: number): void {
    if (this.length > 0) this.shift();
    while (this.length > 1 && this.#bytes > bytesMax) this.shift();
  }

  at(offset: number): T {
    return this.#values.at(offset);
  }

  bytesAt(offset: number): number {
    return this.#sizes.at(offset);
  }

  replace(offset: number, value: T, bytes: number): void {
    this.#count(0, bytes - this.#sizes.at(offset));
    this.#values.replace(offset, value);
    this.#sizes.replace(offset, bytes);
  }

  clear(): void {
    this.#count(-this.length, -this.#bytes);
    this.#values.clear();
    this.#sizes.clear();
  }

  /** Counts in the pool no more; what is in the ring stays. */
  leavePool(): void {
    this.#pool?.add(-this.length, -this.#bytes);
    this.#pool = undefined;
  }

  #count(items: number, bytes: number): void {
    this.#bytes += bytes;
    this.#pool?.add(items, bytes);
  }
}

/** A bound on the sum of the values' bytes. */
export interface ByteLimit<T> {
  max: number;
  /** A whole number; called once for each value. */
  of(value: T): number;
  /** What it shares with others in all; nothing unless told. */
  pool?: Pool;
}

export function weigh<T>(limit: ByteLimit<T>, value: T): number {
  return wholeNumber("a value's bytes", limit.of(value), 0);
}

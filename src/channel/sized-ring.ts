import { wholeNumber } from "./check.ts";
import { Ring } from "./ring.ts";

/** A Ring that knows the bytes of each value in it, and their sum. Its owner decides what is too much. */
export class SizedRing<T> {
  readonly #values: Ring<T>;
  readonly #sizes: Ring<number>;
  #bytes = 0;

  constructor(capacity: number) {
    this.#values = new Ring(capacity);
    this.#sizes = new Ring(capacity);
  }

  get length(): number {
    return this.#values.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(value: T, bytes: number): void {
    this.#values.push(value);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  shift(): T {
    this.#bytes -= this.#sizes.shift();
    return this.#values.shift();
  }

  at(offset: number): T {
    return this.#values.at(offset);
  }

  bytesAt(offset: number): number {
    return this.#sizes.at(offset);
  }

  replace(offset: number, value: T, bytes: number): void {
    this.#bytes += bytes - this.#sizes.at(offset);
    this.#values.replace(offset, value);
    this.#sizes.replace(offset, bytes);
  }

  clear(): void {
    this.#values.clear();
    this.#sizes.clear();
    this.#bytes = 0;
  }
}

/** A bound on the sum of the values' bytes. */
export interface ByteLimit<T> {
  max: number;
  /** A whole number; called once for each value. */
  of(value: T): number;
}

export function weigh<T>(limit: ByteLimit<T>, value: T): number {
  return wholeNumber("a value's bytes", limit.of(value), 0);
}

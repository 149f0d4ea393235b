import { wholeNumber } from "../system/assert.ts";
import type { ByteBudget } from "./byte-budget.ts";

/** Slots of a ring's first array; the array doubles from there. */
const slotsAtFirst = 16;

/** Marks a slot with nothing in it: `undefined` is a value like any other. */
const hole = Symbol("hole");
type Slot<T> = T | typeof hole;

/**
 * A ring buffer: a first-in first-out queue in an array that is used round and round. The array grows with its content up
 * to `capacity` slots, and does not shrink. A value that is taken out is released at once.
 *
 * Pushing to a full ring, or reading where there is nothing, throws: the owner looks first.
 *
 * @example
 * ```ts
 * const ring = new Ring<string>(2);
 * ring.push("a");
 * ring.push("b");
 * assert.equal(ring.at(1), "b");
 * assert.equal(ring.shift(), "a");
 * assert.equal(ring.length, 1);
 * ```
 */
export class Ring<T> {
  readonly capacity: number;
  #slots: Slot<T>[] = [];
  /** Where the oldest value is. */
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = wholeNumber("capacity", capacity, 0);
  }

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[this.#index(this.#length)] = value;
    this.#length += 1;
  }

  /** Takes out the oldest value. */
  shift(): T {
    const value = this.at(0);
    this.#slots[this.#head] = hole;
    this.#head = this.#index(1);
    this.#length -= 1;
    return value;
  }

  /** The value `offset` places behind the oldest. */
  at(offset: number): T {
    const slot = this.#slots[this.#index(offset)];
    if (offset >= this.#length || !isFilled(slot)) throw new Error(`nothing at ${offset} in a ring`);
    return slot;
  }

  /** Puts another value in the place of the one `offset` places behind the oldest. */
  replace(offset: number, value: T): void {
    this.at(offset);
    this.#slots[this.#index(offset)] = value;
  }

  clear(): void {
    this.#slots = [];
    this.#head = 0;
    this.#length = 0;
  }

  #index(offset: number): number {
    const index = this.#head + offset;
    return index < this.#slots.length ? index : index - this.#slots.length;
  }

  #grow(): void {
    if (this.#length >= this.capacity) throw new Error(`a ring of ${this.capacity} is full`);
    const size = Math.min(this.capacity, Math.max(slotsAtFirst, 2 * this.#length));
    const inOrder = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    this.#slots = inOrder.concat(Array.from({ length: size - this.#length }, () => hole));
    this.#head = 0;
  }
}

function isFilled<T>(slot: Slot<T> | undefined): slot is T {
  return slot !== hole;
}

/** A Ring that knows the bytes of each of its values and their sum, and counts them in a budget. The owner decides what is too much. */
export class SizedRing<T> {
  readonly #values: Ring<T>;
  readonly #sizes: Ring<number>;
  #budget: ByteBudget | undefined;
  #bytes = 0;

  constructor(capacity: number, budget: ByteBudget | undefined) {
    this.#values = new Ring(capacity);
    this.#sizes = new Ring(capacity);
    this.#budget = budget;
  }

  get length(): number {
    return this.#values.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the budget has room for a value of so many bytes in this ring. */
  mayGrow(bytes: number): boolean {
    const budget = this.#budget;
    return budget === undefined || budget.allows(budget.costOf(this.length, this.#bytes), 1, bytes);
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

  /** Drops the oldest values until one of so many bytes fits in, or nothing is left. */
  makeRoom(bytes: number, bytesMax: number): void {
    const isFull = () => this.length >= this.#values.capacity || this.#bytes + bytes > bytesMax;
    while (this.length > 0 && isFull()) this.shift();
  }

  /** Drops the oldest value, and more until `bytesMax` are left; the newest only where it is alone. */
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

  /** Stops counting in the budget; the content stays. */
  leaveBudget(): void {
    this.#budget?.add(-this.length, -this.#bytes);
    this.#budget = undefined;
  }

  #count(items: number, bytes: number): void {
    this.#bytes += bytes;
    this.#budget?.add(items, bytes);
  }
}

/** A bound on the bytes of a queue's values together. */
export interface ByteLimit<T> {
  max: number;
  /** A whole number; called once for each value. */
  of(value: T): number;
  /** What the queue shares with others; nothing unless told. */
  budget?: ByteBudget;
}

export function weigh<T>(limit: ByteLimit<T>, value: T): number {
  return wholeNumber("a value's bytes", limit.of(value), 0);
}

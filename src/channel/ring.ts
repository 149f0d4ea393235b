import { wholeNumber } from "./check.ts";

/** Slots of a ring's first array; it doubles from there. */
const slotsAtFirst = 16;

/** Marks a slot with nothing in it: `undefined` is a value like any other. */
const hole = Symbol("hole");
type Slot<T> = T | typeof hole;

/**
 * A first-in first-out queue in an array used round and round. Its array grows with what is in it, up to
 * `capacity` slots, and stays that size. A value taken out is let go of at once.
 *
 * Pushing to a full ring, or reading where there is nothing, throws: its owner looks first.
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

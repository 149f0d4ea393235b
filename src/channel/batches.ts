import type { Outlet, Taker } from "./outlet.ts";
import { Pacer, type Turn } from "./turn.ts";

/** What `channel.batches(max)` runs over. Written by hand, so that a batch costs a few promises and a value none. */
export class Batches<T> implements AsyncIterableIterator<T[], undefined>, Taker<T> {
  readonly #outlet: Outlet<T>;
  readonly #max: number;
  readonly #pacer: Pacer;
  /** Wakes the pending `next()`, with the first value or with none. */
  #wake: (values: T[]) => void = () => undefined;

  constructor(outlet: Outlet<T>, max: number, turn: Turn | undefined) {
    this.#outlet = outlet;
    this.#max = max;
    this.#pacer = new Pacer(turn);
  }

  async next(): Promise<IteratorResult<T[], undefined>> {
    const turn = this.#pacer.due();
    if (turn !== undefined) await turn;
    const waits = !this.#outlet.ready && !this.#outlet.closed;
    const batch = waits ? await this.#park() : [];
    while (batch.length < this.#max && this.#outlet.ready) batch.push(this.#outlet.shift());
    this.#pacer.count(batch.length);
    return batch.length > 0 ? { value: batch, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<T[], undefined>> {
    this.#outlet.leave();
    return { value: undefined, done: true };
  }

  give(value: T): void {
    this.#wake([value]);
  }

  end(): void {
    this.#wake([]);
  }

  #park(): Promise<T[]> {
    return new Promise((resolve) => {
      this.#outlet.park(this);
      this.#wake = resolve;
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

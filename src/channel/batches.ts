import { type Outlet, parkFor, type Received } from "./outlet.ts";
import { Pacer, type Turn } from "./turn.ts";

/** What `channel.batches(max)` runs over. Written by hand, so that a batch costs a few promises and a value none. */
export class Batches<T> implements AsyncIterableIterator<T[], undefined> {
  readonly #outlet: Outlet<T>;
  readonly #max: number;
  readonly #pacer: Pacer;

  constructor(outlet: Outlet<T>, max: number, turn: Turn | undefined) {
    this.#outlet = outlet;
    this.#max = max;
    this.#pacer = new Pacer(turn);
  }

  async next(): Promise<IteratorResult<T[], undefined>> {
    const turn = this.#pacer.due();
    if (turn !== undefined) await turn;
    const batch: T[] = [];
    if (!this.#outlet.ready && !this.#outlet.closed) {
      const got = await new Promise<Received<T>>((resolve) => parkFor(this.#outlet, resolve));
      if (got.kind === "value") batch.push(got.value);
    }
    while (batch.length < this.#max && this.#outlet.ready) batch.push(this.#outlet.shift());
    this.#pacer.count(batch.length);
    return batch.length > 0 ? { value: batch, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<T[], undefined>> {
    this.#outlet.leave();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

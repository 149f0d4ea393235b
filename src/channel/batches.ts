import type { Outlet, Taker } from "./outlet.ts";
import { Pacer, type Turn } from "./turn.ts";

/** What `channel.batches(max)` runs over. Written by hand: a batch costs a promise, a value none, and one that waits has no frame. */
export class Batches<T> implements AsyncIterableIterator<T[], undefined>, Taker<T> {
  readonly #outlet: Outlet<T>;
  readonly #max: number;
  readonly #pacer: Pacer;
  /** Settles the pending `next()`. */
  #settle: (result: IteratorResult<T[], undefined>) => void = ignore;

  constructor(outlet: Outlet<T>, max: number, turn: Turn | undefined) {
    this.#outlet = outlet;
    this.#max = max;
    this.#pacer = new Pacer(turn);
  }

  next(): Promise<IteratorResult<T[], undefined>> {
    const turn = this.#pacer.due();
    return turn === undefined ? this.#take() : turn.then(() => this.#take());
  }

  return(): Promise<IteratorResult<T[], undefined>> {
    this.#outlet.leave();
    return Promise.resolve(ended);
  }

  /** What else was sent by the end of this step goes along. */
  give(value: T): void {
    const settle = this.#settle;
    void atOnce.then(() => settle(this.#batch([value])));
  }

  end(): void {
    this.#settle(ended);
  }

  #take(): Promise<IteratorResult<T[], undefined>> {
    return new Promise((resolve) => {
      if (this.#outlet.ready) return resolve(this.#batch([]));
      if (this.#outlet.closed) return resolve(ended);
      this.#outlet.park(this);
      this.#settle = resolve;
    });
  }

  #batch(values: T[]): IteratorResult<T[], undefined> {
    while (values.length < this.#max && this.#outlet.ready) values.push(this.#outlet.shift());
    this.#pacer.count(values.length);
    return { value: values, done: false };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const atOnce = Promise.resolve();
const ended: IteratorReturnResult<undefined> = { value: undefined, done: true };

function ignore(): void {}

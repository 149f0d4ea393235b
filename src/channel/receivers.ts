import { Repeater, type RepeaterBuffer } from "@repeaterjs/repeater";
import { wholeNumber } from "../system/assert.ts";
import type { ParkedReceiver, ReceivingEnd } from "./core.ts";

/**
 * The iterator of `for await`: a Repeater over the channel's own buffer, which is lent to it. A value is pushed only to a
 * loop that waits, so that the Repeater stores nothing and the channel alone says what there is room for. Leaving the loop
 * closes the channel at once, not a microtask later.
 */
export class ReceiveLoop<T> extends Repeater<T, undefined> implements ParkedReceiver<T> {
  readonly #end: ReceivingEnd<T>;
  readonly #pacer: Pacer;
  /** Given by the Repeater in the first `next()`. */
  #push: (value: T | Promise<T>) => unknown = () => undefined;
  #stop: () => void = () => undefined;

  constructor(end: ReceivingEnd<T>, turn: Turn | undefined) {
    const pacer = new Pacer(turn);
    super(
      (push, stop) => {
        this.#push = push;
        this.#stop = stop;
      },
      lend(end, pacer),
    );
    this.#end = end;
    this.#pacer = pacer;
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    const waits = !this.#end.ready && !this.#end.closed;
    try {
      if (waits) this.#end.park(this);
    } catch (error) {
      return Promise.reject(error);
    }
    const result = super.next();
    if (this.#end.closed) this.#stop();
    return result;
  }

  override return(): Promise<IteratorResult<T, undefined>> {
    this.#end.leave();
    return super.return();
  }

  override throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#end.leave();
    this.#stop();
    return super.throw(error);
  }

  give(value: T): void {
    this.#push(paced(value, this.#pacer));
  }

  end(): void {
    this.#stop();
  }
}

/** The receiving end as a Repeater's buffer. The Repeater never stores in it: see `ReceiveLoop`. */
function lend<T>(end: ReceivingEnd<T>, pacer: Pacer): RepeaterBuffer {
  return {
    get empty() {
      return !end.ready;
    },
    full: false,
    add() {
      throw new Error("a value was pushed to a loop that does not wait");
    },
    remove: () => paced(end.shift(), pacer),
  };
}

/** The value, or where a turn is due, a promise of the value for after that turn: a Repeater takes either. */
function paced<T>(value: T, pacer: Pacer): T | Promise<T> {
  pacer.count(1);
  return pacer.due()?.then(() => value) ?? value;
}

/**
 * The iterator of `channel.batches(max)`. Written by hand, for what exists ten thousand times: one promise a batch, where a
 * Repeater takes three a value, and no suspended frame while it waits; a Repeater in each connection would cost 1.6 KiB.
 */
export class Batches<T> implements AsyncIterableIterator<T[], undefined>, ParkedReceiver<T> {
  readonly #end: ReceivingEnd<T>;
  readonly #max: number;
  readonly #pacer: Pacer;
  /** Settles the pending `next()`. */
  #settle: (result: IteratorResult<T[], undefined>) => void = ignore;

  constructor(end: ReceivingEnd<T>, max: number, turn: Turn | undefined) {
    this.#end = end;
    this.#max = max;
    this.#pacer = new Pacer(turn);
  }

  next(): Promise<IteratorResult<T[], undefined>> {
    const turn = this.#pacer.due();
    return turn === undefined ? this.#take() : turn.then(() => this.#take());
  }

  return(): Promise<IteratorResult<T[], undefined>> {
    this.#end.leave();
    return Promise.resolve(ended);
  }

  /** Takes along whatever else is sent by the end of this microtask. */
  give(value: T): void {
    const settle = this.#settle;
    void atOnce.then(() => settle(this.#batch([value])));
  }

  end(): void {
    this.#settle(ended);
  }

  #take(): Promise<IteratorResult<T[], undefined>> {
    return new Promise((resolve) => {
      if (this.#end.ready) return resolve(this.#batch([]));
      if (this.#end.closed) return resolve(ended);
      this.#end.park(this);
      this.#settle = resolve;
    });
  }

  #batch(values: T[]): IteratorResult<T[], undefined> {
    while (values.length < this.#max && this.#end.ready) values.push(this.#end.shift());
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

/**
 * How a loop yields to the event loop. Promises alone never do, so that a loop which always finds a value waiting, or two that
 * feed each other, would keep sockets and timers from running for ever.
 */
export interface Turn {
  /** Values after which a loop waits for the event loop's next turn. */
  every: number;
  /** Resolves in the event loop's next turn. */
  next(): Promise<void>;
}

/** Counts the values that went through one loop since its last turn. */
class Pacer {
  readonly #turn: Turn | undefined;
  #count = 0;

  constructor(turn: Turn | undefined) {
    if (turn !== undefined) wholeNumber("turn.every", turn.every, 1);
    this.#turn = turn;
  }

  count(values: number): void {
    this.#count += values;
  }

  /** The turn to wait for before going on; undefined where none is due. */
  due(): Promise<void> | undefined {
    if (this.#turn === undefined || this.#count < this.#turn.every) return undefined;
    this.#count = 0;
    return this.#turn.next();
  }
}

import { Repeater, type RepeaterBuffer } from "@repeaterjs/repeater";
import type { Outlet, Taker } from "./outlet.ts";
import { Pacer, type Turn } from "./turn.ts";

/**
 * What `for await` runs over: a Repeater that takes from the channel's own buffer, which is lent to it.
 * A value is pushed only to a loop that waits; so it never stores anything, and the channel alone says what
 * there is room for. Leaving the loop closes the channel at once, not a microtask later.
 */
export class Loop<T> extends Repeater<T, undefined> implements Taker<T> {
  readonly #outlet: Outlet<T>;
  readonly #pacer: Pacer;
  /** Both come from the Repeater, which hands them over in the first `next()`. */
  #push: (value: T | Promise<T>) => unknown = () => undefined;
  #stop: () => void = () => undefined;

  constructor(outlet: Outlet<T>, turn: Turn | undefined) {
    const pacer = new Pacer(turn);
    super(
      (push, stop) => {
        this.#push = push;
        this.#stop = stop;
      },
      lend(outlet, pacer),
    );
    this.#outlet = outlet;
    this.#pacer = pacer;
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    const waits = !this.#outlet.ready && !this.#outlet.closed;
    try {
      if (waits) this.#outlet.park(this);
    } catch (error) {
      return Promise.reject(error);
    }
    const result = super.next();
    if (this.#outlet.closed) this.#stop();
    return result;
  }

  override return(): Promise<IteratorResult<T, undefined>> {
    this.#outlet.leave();
    return super.return();
  }

  override throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#outlet.leave();
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

/** The outlet as a Repeater sees it. It is never asked to store: see `Loop`. */
function lend<T>(outlet: Outlet<T>, pacer: Pacer): RepeaterBuffer {
  return {
    get empty() {
      return !outlet.ready;
    },
    full: false,
    add() {
      throw new Error("a value was pushed to a loop that does not wait");
    },
    remove: () => paced(outlet.shift(), pacer),
  };
}

/** The value, or where a turn is due, a promise of it for after the turn: a Repeater takes either. */
function paced<T>(value: T, pacer: Pacer): T | Promise<T> {
  pacer.count(1);
  return pacer.due()?.then(() => value) ?? value;
}

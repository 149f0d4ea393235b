/** What a receiver gets: a value, which may be `undefined`, or word that no more will come. */
export type Received<T> = { kind: "value"; value: T } | { kind: "closed" };

/** A receiver that is parked at an outlet. Called at most once, synchronously, by whoever sends or closes. */
export interface Taker<T> {
  give(value: T): void;
  end(): void;
}

/**
 * The receiving end of a channel, as its one receiver holds it. `receive`, the loops and `Select` are all made
 * of these few synchronous steps, so between looking and taking, nothing can happen.
 */
export interface Outlet<T> {
  /** There is a value: `shift` takes it. */
  readonly ready: boolean;
  readonly closed: boolean;
  shift(): T;
  /** Has the next value, or the end, given to `taker`. Only where nothing is ready and nothing is closed. */
  park(taker: Taker<T>): void;
  unpark(): void;
  /** Lets another receiver have this end. */
  release(): void;
  /** Closes the channel from this end, and discards what is buffered. */
  leave(): void;
}

/** Takes what is there, or says that the channel has ended. `undefined` when there is nothing yet. */
export function poll<T>(outlet: Outlet<T>): Received<T> | undefined {
  if (outlet.ready) return { kind: "value", value: outlet.shift() };
  return outlet.closed ? { kind: "closed" } : undefined;
}

/** Parks, and calls back with what comes. */
export function parkFor<T>(outlet: Outlet<T>, callback: (got: Received<T>) => void): void {
  outlet.park({
    give: (value) => callback({ kind: "value", value }),
    end: () => callback({ kind: "closed" }),
  });
}

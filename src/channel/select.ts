import { type Abortable, onAbort, parkFor, poll, type Received, type ReceivingEnd } from "./core.ts";

/** Anything with a receiving end to take: a Channel. */
export interface Selectable<T> {
  claim(holder: string): ReceivingEnd<T>;
}

/** What came, and under which name. `M` maps each name to the values of its channel. */
export type Selected<M> = {
  [K in keyof M]: { from: K; kind: "value"; value: M[K] } | { from: K; kind: "closed" };
}[keyof M];

/**
 * Go's select: waits on several channels and receives from exactly one of them. Where several have a value,
 * the one it received from longest ago comes first, so a busy channel does not starve the others.
 * It holds their receiving ends only while a `next()` is pending.
 *
 * A channel that is closed and drained is reported as closed each time; leave it out with `remove`.
 *
 * @example
 * ```ts
 * const numbers = new Channel<number>({ capacity: 1 });
 * const words = new Channel<string>({ capacity: 1 });
 * const select = new Select({ number: numbers, word: words });
 * words.trySend("a");
 * assert.deepEqual(await select.next(), { from: "word", kind: "value", value: "a" });
 * numbers.close();
 * assert.deepEqual(await select.next(), { from: "number", kind: "closed" });
 * select.remove("number");
 * words.trySend("b");
 * assert.deepEqual(await select.next(), { from: "word", kind: "value", value: "b" });
 * ```
 */
export class Select<M extends object> {
  /** The one served last is at the end. */
  readonly #cases: Case<M>[] = [];

  constructor(channels: { readonly [K in keyof M]: Selectable<M[K]> }) {
    for (const from in channels) this.#cases.push(caseOf<M, typeof from>(from, channels[from]));
  }

  /** How many channels are left. With none, `next` rejects. */
  get size(): number {
    return this.#cases.length;
  }

  /** Leaves a channel out from the next `next()` on. */
  remove(from: keyof M): void {
    const index = this.#cases.findIndex((one) => one.from === from);
    if (index >= 0) this.#cases.splice(index, 1);
  }

  /**
   * Receives from one of the channels, waiting for it. Rejects with the signal's reason when that aborts
   * first, and with `ReceiverTaken` when someone else receives from one of them; no value is lost then.
   */
  async next({ signal }: Abortable = {}): Promise<Selected<M>> {
    signal?.throwIfAborted();
    if (this.size === 0) throw new RangeError("a select needs a channel to wait on");
    const held = holdAll(this.#cases);
    try {
      const got = takeFirst(held) ?? (await parkOnAll(held, signal));
      this.#cases.sort((one, other) => Number(one.from === got.from) - Number(other.from === got.from));
      return got;
    } finally {
      for (const one of held) one.release();
    }
  }
}

interface Case<M> {
  readonly from: keyof M;
  hold(): Held<Selected<M>>;
}

/** A channel whose receiving end a pending `next()` has; what comes out of it bears its name. */
interface Held<S> {
  take(): S | undefined;
  park(callback: (got: S) => void): void;
  unpark(): void;
  release(): void;
}

function caseOf<M, K extends keyof M>(from: K, channel: Selectable<M[K]>): Case<M> {
  const named = (got: Received<M[K]>): Selected<M> =>
    got.kind === "value" ? { from, kind: "value", value: got.value } : { from, kind: "closed" };
  return {
    from,
    hold() {
      const end = channel.claim("a select");
      return {
        take() {
          const got = poll(end);
          return got && named(got);
        },
        park: (callback) => parkFor(end, (got) => callback(named(got))),
        unpark: () => end.unpark(),
        release: () => end.release(),
      };
    },
  };
}

/** Takes every receiving end, or none and throws. */
function holdAll<M>(cases: readonly Case<M>[]): Held<Selected<M>>[] {
  const held: Held<Selected<M>>[] = [];
  try {
    for (const one of cases) held.push(one.hold());
  } catch (error) {
    for (const one of held) one.release();
    throw error;
  }
  return held;
}

function takeFirst<S>(held: readonly Held<S>[]): S | undefined {
  for (const one of held) {
    const got = one.take();
    if (got !== undefined) return got;
  }
  return undefined;
}

/** Parks at all; the first sender to come unparks from the others in the same step. */
function parkOnAll<S>(held: readonly Held<S>[], signal: AbortSignal | undefined): Promise<S> {
  return new Promise((resolve, reject) => {
    const unpark = () => {
      for (const one of held) one.unpark();
    };
    const stopListening = onAbort(signal, (reason) => {
      unpark();
      reject(reason);
    });
    for (const one of held) {
      one.park((got) => {
        stopListening();
        unpark();
        resolve(got);
      });
    }
  });
}

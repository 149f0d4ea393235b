import type { ByteLimit } from "../memory/ring.ts";
import { wholeNumber } from "../system/assert.ts";
import {
  type Abortable,
  ChannelCore,
  onAbort,
  parkFor,
  poll,
  type Received,
  type ReceivingEnd,
} from "./core.ts";
import { Batches, ReceiveLoop, type Turn } from "./receivers.ts";

export type { Received } from "./core.ts";
export type { Turn } from "./receivers.ts";

export interface ChannelOptions<T> {
  /** Values that may be buffered. At 0 each value goes from hand to hand: a sender meets a receiver. */
  capacity: number;
  /**
   * Bounds the bytes buffered too. A value that alone is over `max` throws a RangeError when it is sent. A `budget` bounds
   * what many channels hold together: "full" of `trySend` may mean that.
   */
  bytes?: ByteLimit<T>;
  /** Calls of `send` that may wait for room, 1,024 unless told. One more rejects with TooManySenders. */
  waitingSenders?: number;
  /** When `for await` and `batches` yield to the event loop. Without it they never do. */
  turn?: Turn;
}

/**
 * Go's channel as an async iterable: many senders, one receiver at a time, bounded, first in first out, closed
 * once. A channel carries what must be handled one at a time.
 *
 * A value may be anything but a promise, which throws a TypeError: a loop would unwrap it, and a promise that
 * never settles would block everything behind it. A second receiver throws `ReceiverTaken`.
 *
 * @example
 * ```ts
 * const channel = new Channel<string>({ capacity: 2 });
 * assert.equal(channel.trySend("a"), "sent");
 * assert.equal(channel.trySend("b"), "sent");
 * assert.equal(channel.trySend("c"), "full");
 * channel.close();
 * const got = [];
 * for await (const value of channel) got.push(value);
 * assert.deepEqual(got, ["a", "b"]);
 * ```
 */
export class Channel<T> implements AsyncIterable<T, undefined>, Disposable {
  readonly capacity: number;
  readonly #core: ChannelCore<T>;
  readonly #turn: Turn | undefined;

  constructor({ capacity, bytes, waitingSenders = 1024, turn }: ChannelOptions<T>) {
    this.capacity = wholeNumber("capacity", capacity, 0);
    this.#core = new ChannelCore(capacity, bytes, wholeNumber("waitingSenders", waitingSenders, 0));
    this.#turn = turn;
  }

  /** Values buffered. Those of waiting senders are not. */
  get length(): number {
    return this.#core.length;
  }

  /** Their bytes; 0 where bytes are not bounded. */
  get bytesBuffered(): number {
    return this.#core.bytesBuffered;
  }

  /** Nothing can be sent any more. What was buffered may still be there. */
  get closed(): boolean {
    return this.#core.closed;
  }

  /** Values that were accepted and never received, because the receiver left. */
  get discarded(): number {
    return this.#core.discarded;
  }

  /**
   * Sends without waiting. Senders that wait go first, so it is `"full"` as long as there are any.
   *
   * @example
   * ```ts
   * const channel = new Channel<number>({ capacity: 0 });
   * assert.equal(channel.trySend(1), "full");
   * const receiving = channel.receive();
   * assert.equal(channel.trySend(1), "sent");
   * assert.deepEqual(await receiving, { kind: "value", value: 1 });
   * ```
   */
  trySend(value: T): "sent" | "full" | "closed" {
    return this.#core.trySend(value);
  }

  /**
   * Sends, waiting for room in line. True: accepted (not: handled). False: the channel closed before it was.
   * Rejects with the signal's reason when that aborts first; then the value was not accepted.
   *
   * @example
   * ```ts
   * const channel = new Channel<string>({ capacity: 1 });
   * assert.equal(await channel.send("a"), true);
   * const waiting = channel.send("b");
   * channel.close();
   * assert.equal(await waiting, false);
   * ```
   */
  send(value: T, { signal }: Abortable = {}): Promise<boolean> {
    return this.#core.send(value, signal);
  }

  /**
   * Receives one value, waiting for it. Rejects with the signal's reason when that aborts first; no value is
   * lost then.
   *
   * @example
   * ```ts
   * const channel = new Channel<string>({ capacity: 1 });
   * const receiving = channel.receive();
   * channel.close();
   * assert.deepEqual(await receiving, { kind: "closed" });
   * ```
   */
  receive({ signal }: Abortable = {}): Promise<Received<T>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = this.claim("a receive()");
      const settle = (got: Received<T>) => {
        stopListening();
        end.release();
        resolve(got);
      };
      const stopListening = onAbort(signal, (reason) => {
        end.unpark();
        end.release();
        reject(reason);
      });
      const got = poll(end);
      if (got === undefined) parkFor(end, settle);
      else settle(got);
    });
  }

  /**
   * Receives one value if there is one.
   *
   * @example
   * ```ts
   * const channel = new Channel<undefined>({ capacity: 1 });
   * assert.deepEqual(channel.tryReceive(), { kind: "empty" });
   * channel.trySend(undefined);
   * assert.deepEqual(channel.tryReceive(), { kind: "value", value: undefined });
   * ```
   */
  tryReceive(): Received<T> | { kind: "empty" } {
    const end = this.claim("a tryReceive()");
    const got = poll(end) ?? { kind: "empty" };
    end.release();
    return got;
  }

  /**
   * Receives everything there is, up to `max` values, as one array; waits when there is nothing. The
   * cheapest way to receive. Leaving the loop closes the channel, as with `for await`.
   *
   * @example
   * ```ts
   * const channel = new Channel<number>({ capacity: 3 });
   * for (const n of [1, 2, 3]) channel.trySend(n);
   * channel.close();
   * const got = [];
   * for await (const batch of channel.batches(2)) got.push(batch);
   * assert.deepEqual(got, [[1, 2], [3]]);
   * ```
   */
  batches(max: number): Batches<T> {
    wholeNumber("max", max, 1);
    return new Batches(this.claim("a loop over batches"), max, this.#turn);
  }

  /**
   * Receives value by value. Leaving the loop early, by `break`, `return` or `throw`, closes the channel
   * and counts what was still buffered as `discarded`.
   *
   * @example
   * ```ts
   * const channel = new Channel<number>({ capacity: 3 });
   * for (const n of [1, 2, 3]) channel.trySend(n);
   * for await (const n of channel) if (n === 1) break;
   * assert.equal(channel.discarded, 2);
   * assert.equal(channel.trySend(4), "closed");
   * ```
   */
  [Symbol.asyncIterator](): ReceiveLoop<T> {
    return new ReceiveLoop(this.claim("a for await loop"), this.#turn);
  }

  /** Takes the receiving end, for `Select` and others that build a way to receive. Throws `ReceiverTaken`. */
  claim(holder: string): ReceivingEnd<T> {
    return this.#core.claim(holder);
  }

  /** Lets what is buffered drain, and refuses the rest: waiting senders get false. Again: does nothing. */
  close(): void {
    this.#core.close();
  }

  /**
   * Closes, and lets go of what is buffered: nobody will receive it.
   *
   * @example
   * ```ts
   * const channel = new Channel<string>({ capacity: 1 });
   * channel.trySend("a");
   * channel.discard();
   * assert.deepEqual([channel.closed, channel.length, channel.discarded], [true, 0, 1]);
   * ```
   */
  discard(): void {
    this.#core.leave();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

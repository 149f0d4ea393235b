import { type ByteLimit, SizedRing, weigh } from "../memory/ring.ts";
import { wholeNumber } from "../system/assert.ts";

/**
 * The state machine under a Channel: the buffer, the senders that wait for room in it, and the receiver that
 * waits for a value. Every step is synchronous. Two facts hold between steps:
 * - senders wait only where the first of them does not fit;
 * - a receiver is parked only where nothing is buffered, nobody waits to send, and the channel is open.
 */
export class ChannelCore<T> implements ReceivingEnd<T> {
  readonly #capacity: number;
  readonly #bytes: ByteLimit<T> | undefined;
  readonly #waitingSenders: number;
  readonly #buffer: SizedRing<T>;
  readonly #senders = new Senders<T>();
  #parked: ParkedReceiver<T> | undefined;
  /** The receiver in words, for the error that a second one gets. */
  #holder: string | undefined;
  #closed = false;
  #discarded = 0;

  constructor(capacity: number, bytes: ByteLimit<T> | undefined, waitingSenders: number) {
    if (bytes !== undefined) wholeNumber("bytes.max", bytes.max, 0);
    this.#capacity = capacity;
    this.#bytes = bytes;
    this.#waitingSenders = waitingSenders;
    this.#buffer = new SizedRing(capacity, bytes?.budget);
  }

  get length(): number {
    return this.#buffer.length;
  }

  get bytesBuffered(): number {
    return this.#buffer.bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get discarded(): number {
    return this.#discarded;
  }

  trySend(value: T): "sent" | "full" | "closed" {
    if (this.#closed) return "closed";
    const bytes = this.#weigh(value);
    return this.#buffer.mayGrow(bytes) && this.#accept(value, bytes) ? "sent" : "full";
  }

  send(value: T, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed) return resolve(false);
      const bytes = this.#weigh(value);
      if (this.#accept(value, bytes)) return resolve(true);
      if (this.#senders.length >= this.#waitingSenders) throw new TooManySenders(this.#waitingSenders);
      const sender = new Sender(value, bytes, (accepted) => {
        stopListening();
        resolve(accepted);
      });
      const stopListening = onAbort(signal, (reason) => {
        this.#senders.leave(sender);
        reject(reason);
        this.#admit();
      });
      this.#senders.join(sender);
    });
  }

  close(): void {
    this.#closed = true;
    for (let sender = this.#senders.first; sender !== undefined; sender = this.#senders.first) {
      this.#senders.leave(sender);
      sender.settle(false);
    }
    this.#unparked()?.end();
  }

  /** Makes `holder` the receiver. A channel that is closed and drained can be claimed by anyone, to learn that. */
  claim(holder: string): ReceivingEnd<T> {
    const ended = this.#closed && !this.ready;
    if (this.#holder !== undefined && !ended) throw new ReceiverTaken(this.#holder);
    this.#holder = holder;
    return this;
  }

  get ready(): boolean {
    return this.#buffer.length > 0 || this.#senders.length > 0;
  }

  shift(): T {
    const first = this.#senders.first;
    if (this.#buffer.length === 0 && first !== undefined) {
      this.#senders.leave(first);
      first.settle(true);
      return first.value;
    }
    const value = this.#buffer.shift();
    this.#admit();
    return value;
  }

  park(parked: ParkedReceiver<T>): void {
    if (this.#parked !== undefined) throw new ReceiverTaken("a call that still waits");
    this.#parked = parked;
  }

  unpark(): void {
    this.#parked = undefined;
  }

  release(): void {
    this.#holder = undefined;
  }

  leave(): void {
    this.#discarded += this.#buffer.length;
    this.#buffer.clear();
    this.close();
  }

  /** Hands `value` to the parked receiver or buffers it. False, and nothing done, where there is no room. */
  #accept(value: T, bytes: number): boolean {
    const parked = this.#unparked();
    if (parked !== undefined) parked.give(value);
    else if (this.#senders.length === 0 && this.#fits(bytes)) this.#buffer.push(value, bytes);
    else return false;
    return true;
  }

  /** Lets waiting senders in, in their order, as far as there is room. */
  #admit(): void {
    for (let first = this.#senders.first; first !== undefined; first = this.#senders.first) {
      if (!this.#fits(first.bytes)) return;
      this.#senders.leave(first);
      this.#buffer.push(first.value, first.bytes);
      first.settle(true);
    }
  }

  #fits(bytes: number): boolean {
    if (this.#buffer.length >= this.#capacity) return false;
    return this.#bytes === undefined || this.#buffer.bytes + bytes <= this.#bytes.max;
  }

  #weigh(value: T): number {
    if (isThenable(value)) throw new TypeError("a promise can not be sent; await it and send what it gives");
    if (this.#bytes === undefined) return 0;
    const bytes = weigh(this.#bytes, value);
    if (bytes <= this.#bytes.max) return bytes;
    throw new RangeError(`a value of ${bytes} bytes never fits in a channel of ${this.#bytes.max} bytes`);
  }

  #unparked(): ParkedReceiver<T> | undefined {
    const parked = this.#parked;
    this.#parked = undefined;
    return parked;
  }
}

function isThenable(value: unknown): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return "then" in value && typeof value.then === "function";
}

/** What a receiver gets: a value, which may be `undefined`, or the end of the channel. */
export type Received<T> = { kind: "value"; value: T } | { kind: "closed" };

/** A receiver that waits for a value. Called at most once, synchronously, by whoever sends or closes. */
export interface ParkedReceiver<T> {
  give(value: T): void;
  end(): void;
}

/**
 * The receiving end of a channel, held by its one receiver. `receive`, the loops and `Select` consist of these few
 * synchronous steps, so that nothing can happen between looking and taking.
 */
export interface ReceivingEnd<T> {
  /** There is a value: `shift` takes it. */
  readonly ready: boolean;
  readonly closed: boolean;
  shift(): T;
  /** Has the next value, or the end, given to `parked`. Only where nothing is ready and nothing is closed. */
  park(parked: ParkedReceiver<T>): void;
  unpark(): void;
  /** Lets another receiver have this end. */
  release(): void;
  /** Closes the channel from this end, and discards what is buffered. */
  leave(): void;
}

/** Takes a value if there is one, or the end of the channel; `undefined` when there is nothing yet. */
export function poll<T>(end: ReceivingEnd<T>): Received<T> | undefined {
  if (end.ready) return { kind: "value", value: end.shift() };
  return end.closed ? { kind: "closed" } : undefined;
}

/** Parks, and calls back with the next value or the end. */
export function parkFor<T>(end: ReceivingEnd<T>, callback: (got: Received<T>) => void): void {
  end.park({
    give: (value) => callback({ kind: "value", value }),
    end: () => callback({ kind: "closed" }),
  });
}

/** A sender that waits for room, with its value. `settle` says whether the value was accepted. */
class Sender<T> {
  readonly value: T;
  readonly bytes: number;
  readonly settle: (accepted: boolean) => void;
  /** Neighbours in the line; owned by Senders. */
  ahead: Sender<T> | undefined = undefined;
  behind: Sender<T> | undefined = undefined;

  constructor(value: T, bytes: number, settle: (accepted: boolean) => void) {
    this.value = value;
    this.bytes = bytes;
    this.settle = settle;
  }
}

/** The line of waiting senders, first come first served. A linked list, since a sender that gives up leaves from the middle. */
class Senders<T> {
  #first: Sender<T> | undefined;
  #last: Sender<T> | undefined;
  #length = 0;

  get first(): Sender<T> | undefined {
    return this.#first;
  }

  get length(): number {
    return this.#length;
  }

  join(sender: Sender<T>): void {
    sender.ahead = this.#last;
    if (this.#last === undefined) this.#first = sender;
    else this.#last.behind = sender;
    this.#last = sender;
    this.#length += 1;
  }

  /** Takes out a sender that is in this line. */
  leave(sender: Sender<T>): void {
    if (sender.ahead === undefined) this.#first = sender.behind;
    else sender.ahead.behind = sender.behind;
    if (sender.behind === undefined) this.#last = sender.ahead;
    else sender.behind.ahead = sender.ahead;
    sender.ahead = undefined;
    sender.behind = undefined;
    this.#length -= 1;
  }
}

/** A second receiver came to a channel while `holder` was receiving from it. A mistake in the program. */
export class ReceiverTaken extends Error {
  override readonly name = "ReceiverTaken";

  constructor(holder: string) {
    super(`a channel has one receiver at a time, and ${holder} is already receiving from this one`);
  }
}

/** As many senders as allowed already wait for room. Whoever sends should have been slowed down before. */
export class TooManySenders extends RangeError {
  override readonly name = "TooManySenders";

  constructor(limit: number) {
    super(`${limit} senders already wait for room in this channel, which is its limit`);
  }
}

/** The option of every call that waits: when `signal` aborts, its promise rejects with `signal.reason`. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

/** Calls `callback` once when `signal` aborts. The function it returns stops listening. */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = () => callback(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

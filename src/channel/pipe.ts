import { onAbort } from "./abort.ts";
import { wholeNumber } from "./check.ts";
import { ReceiverTaken, TooManySenders } from "./errors.ts";
import type { Outlet, Taker } from "./outlet.ts";
import { Sender, Senders } from "./senders.ts";
import { type ByteLimit, SizedRing, weigh } from "./sized-ring.ts";

/**
 * The state machine under a Channel: the buffer, the senders that wait for room in it, and the receiver that
 * waits for a value. Every step is synchronous. Two facts hold between steps:
 * - senders wait only where the first of them does not fit;
 * - a receiver is parked only where nothing is buffered, nobody waits to send, and the channel is open.
 */
export class Pipe<T> implements Outlet<T> {
  readonly #capacity: number;
  readonly #bytes: ByteLimit<T> | undefined;
  readonly #waitingSenders: number;
  readonly #buffer: SizedRing<T>;
  readonly #senders = new Senders<T>();
  #taker: Taker<T> | undefined;
  /** Who receives now, as words for the error that the next one gets. */
  #holder: string | undefined;
  #closed = false;
  #discarded = 0;

  constructor(capacity: number, bytes: ByteLimit<T> | undefined, waitingSenders: number) {
    if (bytes !== undefined) wholeNumber("bytes.max", bytes.max, 0);
    this.#capacity = capacity;
    this.#bytes = bytes;
    this.#waitingSenders = waitingSenders;
    this.#buffer = new SizedRing(capacity, bytes?.pool);
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

  /** Makes `holder` the receiver. Where everything has come to its end, anyone may hear so. */
  claim(holder: string): Outlet<T> {
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

  park(taker: Taker<T>): void {
    if (this.#taker !== undefined) throw new ReceiverTaken("a call that still waits");
    this.#taker = taker;
  }

  unpark(): void {
    this.#taker = undefined;
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
    const taker = this.#unparked();
    if (taker !== undefined) taker.give(value);
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

  #unparked(): Taker<T> | undefined {
    const taker = this.#taker;
    this.#taker = undefined;
    return taker;
  }
}

function isThenable(value: unknown): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return "then" in value && typeof value.then === "function";
}

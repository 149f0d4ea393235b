import { Batcher } from "./batcher.ts";
import { wholeNumber } from "./check.ts";
import { type Batch, Follower } from "./follower.ts";
import { Parking } from "./parking.ts";
import { type ByteLimit, SizedRing, weigh } from "./sized-ring.ts";

export { type Batch, type Fed, Follower, lastOf } from "./follower.ts";

export interface LogOptions<T> {
  /** Entries kept. Over it the oldest is dropped. */
  capacity: number;
  /** Bytes kept. Over it the oldest are dropped, but the newest is always kept, whatever its size. */
  bytes: ByteLimit<T>;
  /** Calls back in the event loop's next turn. Followers are woken there. */
  turn: (callback: () => void) => void;
  /** Entries in one batch, 256 unless told. */
  batchMax?: number;
  /** Bytes of the entries in one batch, a quarter of `bytes.max` unless told. One entry always fits. */
  batchBytesMax?: number;
  /** The number before the first entry's, for a log that goes on from an earlier one; 0 unless told. */
  startsAfter?: number;
}

/**
 * A bounded ring of entries, numbered 1, 2, 3 …, that any number of followers read at their own pace.
 * Appending never waits for a follower: a slow one costs a number, and one that the ring has
 * moved past is told which entries it missed.
 *
 * @example
 * ```ts
 * const bytes = { max: 1024, of: (text: string) => text.length };
 * const log = new Log<string>({ capacity: 2, bytes, turn: setImmediate });
 * for (const text of ["a", "b", "c"]) log.append(text);
 * log.close();
 * const got = [];
 * for await (const batch of log.follow(0)) got.push(batch);
 * assert.deepEqual(got, [
 *   { kind: "gap", first: 1, last: 1 },
 *   { kind: "entries", first: 2, entries: ["b", "c"] },
 * ]);
 * ```
 */
export class Log<T> {
  readonly capacity: number;
  readonly #limit: ByteLimit<T>;
  readonly #ring: SizedRing<T>;
  readonly #parking: Parking;
  readonly #batcher: Batcher<T>;
  #last: number;
  #nudges = 0;
  #closed = false;

  constructor({
    capacity,
    bytes,
    turn,
    batchMax = 256,
    batchBytesMax = Math.ceil(bytes.max / 4),
    startsAfter = 0,
  }: LogOptions<T>) {
    this.capacity = wholeNumber("capacity", capacity, 1);
    wholeNumber("bytes.max", bytes.max, 0);
    this.#limit = bytes;
    this.#ring = new SizedRing(capacity);
    this.#batcher = new Batcher(this.#ring, batchMax, batchBytesMax);
    this.#parking = new Parking(turn);
    this.#last = wholeNumber("startsAfter", startsAfter, 0);
  }

  /** The sequence number of the newest entry ever appended; `startsAfter` when there was none. */
  get last(): number {
    return this.#last;
  }

  /** The sequence number of the oldest entry kept, or, when there was none, of the one to come. */
  get first(): number {
    return this.#last - this.#ring.length + 1;
  }

  get length(): number {
    return this.#ring.length;
  }

  get bytes(): number {
    return this.#ring.bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How often `nudge` was called. */
  get nudges(): number {
    return this.#nudges;
  }

  /** Followers that have seen everything and wait. */
  get parked(): number {
    return this.#parking.size;
  }

  /**
   * More than a quarter of the ring was appended since a follower began to wait that has not run since.
   * Whoever goes on appending gives the event loop a turn first, so that no reader that keeps up falls off.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 4, bytes, turn: setImmediate });
   * const waiting = log.follow(0).next();
   * log.append("a");
   * assert.equal(log.crowded, false);
   * log.append("b");
   * assert.equal(log.crowded, true);
   * await waiting;
   * assert.equal(log.crowded, false);
   * ```
   */
  get crowded(): boolean {
    const { items, bytes } = this.#parking.unseen;
    return 4 * items > this.capacity || 4 * bytes > this.#limit.max;
  }

  /** Appends, and returns the entry's sequence number. Never waits. Throws when the log is closed. */
  append(value: T): number {
    if (this.#closed) throw new Error("append to a closed log");
    const bytes = weigh(this.#limit, value);
    while (this.#ring.length > 0 && !this.#fits(bytes)) this.#ring.shift();
    this.#ring.push(value, bytes);
    this.#last += 1;
    this.#batcher.changed();
    this.#parking.appended(bytes);
    return this.#last;
  }

  /** The entry with this number; undefined where the log does not have it, any more or yet. */
  get(seq: number): T | undefined {
    return this.#has(seq) ? this.#ring.at(seq - this.first) : undefined;
  }

  /**
   * Puts another value in the place of an entry the log still has, for those who have not read it. Numbers stay, and
   * nobody who has read it hears of it. Throws a RangeError where the log has no such entry, or the value has more bytes.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 8, bytes, turn: setImmediate });
   * for (const text of ["a", "secret"]) log.append(text);
   * log.replace(2, "");
   * assert.equal(log.get(2), "");
   * assert.equal(log.bytes, 1);
   * assert.throws(() => log.replace(3, ""), RangeError);
   * ```
   */
  replace(seq: number, value: T): void {
    if (!this.#has(seq)) throw new RangeError(`a log of ${this.first} to ${this.#last} has no entry ${seq}`);
    const offset = seq - this.first;
    const bytes = weigh(this.#limit, value);
    const room = this.#ring.bytesAt(offset);
    if (bytes > room) throw new RangeError(`${bytes} bytes do not fit in the place of ${room}`);
    this.#ring.replace(offset, value, bytes);
    this.#batcher.changed();
  }

  /**
   * Something beside the entries has changed that followers look up for themselves: each of them gets one nudge, however
   * many there were, after the entries that are there. One that comes later gets one too.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 8, bytes, turn: setImmediate });
   * const follower = log.follow(0);
   * log.nudge();
   * log.nudge();
   * log.append("a");
   * assert.deepEqual((await follower.next()).value, { kind: "entries", first: 1, entries: ["a"] });
   * assert.deepEqual((await follower.next()).value, { kind: "nudge" });
   * ```
   */
  nudge(): void {
    this.#nudges += 1;
    this.#parking.nudged();
  }

  /**
   * Follows from behind the entry numbered `since`: 0 for everything, `last` for what is to come,
   * `first - 1` for everything kept. Past `last` it throws a RangeError.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 8, bytes, turn: setImmediate });
   * log.append("before");
   * const follower = log.follow(log.last);
   * log.append("after");
   * assert.deepEqual((await follower.next()).value, { kind: "entries", first: 2, entries: ["after"] });
   * await follower.return();
   * assert.equal(log.parked, 0);
   * ```
   */
  follow(since: number): Follower<T> {
    return new Follower(this, this.#parking, this.#cursor(since));
  }

  /**
   * What a follower at `since` would get now, without following; undefined when there is nothing newer.
   * Until the next append or replace, everyone who asks from the same cursor gets the very same batch, so that an
   * encoder can remember what it made of it.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string>({ capacity: 8, bytes, turn: setImmediate });
   * log.append("a");
   * assert.deepEqual(log.read(0), { kind: "entries", first: 1, entries: ["a"] });
   * assert.equal(log.read(0), log.read(0));
   * assert.equal(log.read(1), undefined);
   * ```
   */
  read(since: number): Batch<T> | undefined {
    const cursor = this.#cursor(since);
    return cursor === this.#last ? undefined : this.#batcher.behind(cursor, this.first);
  }

  /** Followers get what is there, and end. Again: does nothing. */
  close(): void {
    this.#closed = true;
    this.#parking.wakeAll();
  }

  #fits(bytes: number): boolean {
    return this.#ring.length < this.capacity && this.#ring.bytes + bytes <= this.#limit.max;
  }

  #has(seq: number): boolean {
    return Number.isSafeInteger(seq) && seq >= this.first && seq <= this.#last;
  }

  #cursor(since: number): number {
    if (wholeNumber("a cursor", since, 0) <= this.#last) return since;
    throw new RangeError(`a cursor of ${since} is past the log's last entry, ${this.#last}`);
  }
}

import type { ByteBudget } from "../memory/byte-budget.ts";
import { type ByteLimit, SizedRing, weigh } from "../memory/ring.ts";
import { wholeNumber } from "../system/assert.ts";
import { type Batch, Follower, type Latest } from "./follower.ts";
import { WakeQueue } from "./wake-queue.ts";

export { type Batch, Follower, type Latest, lastOf } from "./follower.ts";

export interface LogOptions<T> {
  /** Entries kept. Over it the oldest is dropped. */
  capacity: number;
  /** Bytes kept. Over it the oldest are dropped, but the newest is always kept. The owner of a shared budget sheds where that is full. */
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
 * moved past is told which entries it missed. Beside the entries a log has one latest value, as tokio's `watch` has.
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
export class Log<T, L = never> {
  readonly capacity: number;
  readonly #limit: ByteLimit<T>;
  readonly #ring: SizedRing<T>;
  readonly #wakeQueue: WakeQueue;
  readonly #batcher: Batcher<T>;
  #last: number;
  #latest: Latest<L> | undefined;
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
    this.#ring = new SizedRing(capacity, bytes.budget);
    this.#batcher = new Batcher(this.#ring, { batchMax, batchBytesMax, budget: bytes.budget });
    this.#wakeQueue = new WakeQueue(turn);
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

  /** What `tell` was called with last. */
  get latest(): Latest<L> | undefined {
    return this.#latest;
  }

  /** Followers that have seen everything and wait. */
  get waiting(): number {
    return this.#wakeQueue.size;
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
    const { items, bytes } = this.#wakeQueue.unseen;
    return 4 * items > this.capacity || 4 * bytes > this.#limit.max;
  }

  /** Appends, and returns the entry's sequence number. Never waits. Throws when the log is closed. */
  append(value: T): number {
    if (this.#closed) throw new Error("append to a closed log");
    const bytes = weigh(this.#limit, value);
    this.#ring.makeRoom(bytes, this.#limit.max);
    this.#ring.push(value, bytes);
    this.#last += 1;
    this.#batcher.changed();
    this.#wakeQueue.appended(bytes);
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

  /** Drops the oldest entry, and more until so many bytes are kept, but the newest only where it is alone. */
  shed(bytesMax: number): void {
    this.#ring.shed(bytesMax);
    this.#batcher.changed();
  }

  /**
   * Puts a value in the place of the latest one. Each follower gets only the newest, after the entries that are there; one
   * that comes later gets it too.
   *
   * @example
   * ```ts
   * const bytes = { max: 1024, of: (text: string) => text.length };
   * const log = new Log<string, number>({ capacity: 8, bytes, turn: setImmediate });
   * const follower = log.follow(0);
   * log.tell(1);
   * log.tell(2);
   * log.append("a");
   * assert.deepEqual((await follower.next()).value, { kind: "entries", first: 1, entries: ["a"] });
   * assert.deepEqual((await follower.next()).value, { kind: "latest", value: 2 });
   * ```
   */
  tell(value: L): void {
    this.#latest = { kind: "latest", value };
    this.#wakeQueue.wakeSoon();
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
   * assert.equal(log.waiting, 0);
   * ```
   */
  follow(since: number): Follower<T, L> {
    return new Follower(this, this.#wakeQueue, this.#cursor(since));
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

  /** Followers get what is there, which no longer counts in the shared budget, and end. Again: does nothing. */
  close(): void {
    this.#closed = true;
    this.#batcher.close();
    this.#wakeQueue.wakeAll();
  }

  #has(seq: number): boolean {
    return Number.isSafeInteger(seq) && seq >= this.first && seq <= this.#last;
  }

  #cursor(since: number): number {
    if (wholeNumber("a cursor", since, 0) <= this.#last) return since;
    throw new RangeError(`a cursor of ${since} is past the log's last entry, ${this.#last}`);
  }
}

interface BatcherOptions {
  /** Entries of one batch. */
  batchMax: number;
  /** Bytes of its entries; one always fits. */
  batchBytesMax: number;
  /** Counts the batches that are remembered. */
  budget: ByteBudget | undefined;
}

/** Makes the batches of a log: each of them once for all followers that are at the same place. */
class Batcher<T> {
  readonly #ring: SizedRing<T>;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #shared: SharedBatches<T>;

  /** @param ring the log's own. */
  constructor(ring: SizedRing<T>, { batchMax, batchBytesMax, budget }: BatcherOptions) {
    this.#ring = ring;
    this.#entriesMax = wholeNumber("batchMax", batchMax, 1);
    this.#bytesMax = wholeNumber("batchBytesMax", batchBytesMax, 0);
    this.#shared = new SharedBatches(budget);
  }

  /** The log has changed: batches made before are not given to anybody again. */
  changed(): void {
    this.#shared.forget();
  }

  /** Nothing of the log changes any more, nor counts in the shared budget. */
  close(): void {
    this.#shared.close();
    this.#ring.leaveBudget();
  }

  /** What comes behind entry number `cursor`, where there is something. @param first the number of the ring's oldest. */
  behind(cursor: number, first: number): Batch<T> {
    return this.#shared.get(cursor) ?? this.#batch(cursor, first);
  }

  #batch(cursor: number, first: number): Batch<T> {
    if (cursor + 1 < first) return { kind: "gap", first: cursor + 1, last: first - 1 };
    const entries: T[] = [];
    let bytes = 0;
    for (let at = cursor + 1 - first; at < this.#ring.length && entries.length < this.#entriesMax; at += 1) {
      const more = this.#ring.bytesAt(at);
      if (bytes + more > this.#bytesMax && entries.length > 0) break;
      bytes += more;
      entries.push(this.#ring.at(at));
    }
    const batch: Batch<T> = { kind: "entries", first: cursor + 1, entries };
    this.#shared.remember(cursor, batch, bytes);
    return batch;
  }
}

/** Batches remembered for the next follower at the same cursor. Over it all are made anew when asked for. */
const batchesMax = 16;

/**
 * The batches that were made since a log last changed, by the cursor they were read from. Their bytes count in the
 * budget, since an encoder may keep as much for each; where that has no room, everyone is given a batch of their own.
 */
class SharedBatches<T> {
  readonly #batches = new Map<number, Batch<T>>();
  readonly #budget: ByteBudget | undefined;
  #bytes = 0;
  #closed = false;

  constructor(budget: ByteBudget | undefined) {
    this.#budget = budget;
  }

  get(cursor: number): Batch<T> | undefined {
    return this.#batches.get(cursor);
  }

  remember(cursor: number, batch: Batch<T>, bytes: number): void {
    if (this.#batches.size >= batchesMax) this.forget();
    if (this.#budget?.allows(0, 0, bytes) === false) return;
    this.#batches.set(cursor, batch);
    this.#count(bytes);
  }

  forget(): void {
    if (this.#batches.size === 0) return;
    this.#batches.clear();
    this.#count(-this.#bytes);
  }

  /** What is remembered from now on stays, for nothing changes any more, and counts in the budget no longer. */
  close(): void {
    this.#count(-this.#bytes);
    this.#closed = true;
  }

  #count(bytes: number): void {
    if (this.#closed) return;
    this.#bytes += bytes;
    this.#budget?.add(0, bytes);
  }
}

import type { Changes, SaveOutcome, Store } from "../store/store.ts";
import type { Accepted } from "./nonces.ts";
import { keys, type RoomFacts, write } from "./records.ts";
import type { Draft } from "./transcript.ts";
import type { NameKey, User } from "./user.ts";

/** What a room writes down, so that it is there after the process has ended. */
export interface RoomRecord {
  /** Who is there changes. Written with the next `save`, as what follows. */
  came(user: User): void;
  went(user: User): void;
  /** Those let in without an invitation change. */
  letIn(key: NameKey): void;
  letInNoMore(key: NameKey): void;
  /** Nonces of these numbers are known no more. */
  forgot(seqs: readonly number[]): void;
  /**
   * Saves all that is new. Undefined: there is nothing to wait for. When it fails, the draft is lost, and the rest is
   * saved with the next.
   *
   * @param first the oldest number of the log: what is older goes.
   */
  save(draft: Draft, nonces: readonly Accepted[], first: number): Promise<SaveOutcome> | undefined;
  /** The room is over: nothing of it is kept. */
  erase(room: Remains): void;
}

/** What there may be of a room in its record. */
export interface Remains {
  /** The newest number of its log. */
  readonly last: number;
  readonly nonces: Iterable<number>;
  readonly people: Iterable<User>;
  readonly guests: Iterable<NameKey>;
}

/** Of a server without a state directory. */
export const unrecorded: RoomRecord = {
  came: () => {},
  went: () => {},
  letIn: () => {},
  letInNoMore: () => {},
  forgot: () => {},
  save: () => undefined,
  erase: () => {},
};

/** The record of a room in a store. */
export class StoredRecord implements RoomRecord {
  readonly #store: Store;
  readonly #epoch: string;
  readonly #now: () => number;
  /** The oldest number that may be in the store. */
  #first: number;
  /** What has to be saved some time; the next commit takes it along, until one succeeds. Bounded by what the room holds. */
  #owed = new Map<string, string | undefined>();

  /** @param first the oldest number that is in the store. @param now wall time in ms. */
  constructor(store: Store, epoch: string, { first, now }: { first: number; now: () => number }) {
    this.#store = store;
    this.#epoch = epoch;
    this.#first = first;
    this.#now = now;
  }

  /** A room begins: that is saved with what happens in it first. */
  begin(facts: RoomFacts): this {
    this.#owed.set(keys.room(this.#epoch), write.room(facts));
    return this;
  }

  came(user: User): void {
    this.#owed.set(keys.person(this.#epoch, user.key), write.person(user));
  }

  went({ key }: User): void {
    this.#owed.set(keys.person(this.#epoch, key), undefined);
  }

  letIn(key: NameKey): void {
    this.#owed.set(keys.guest(this.#epoch, key), write.guest(key, this.#now()));
  }

  letInNoMore(key: NameKey): void {
    this.#owed.set(keys.guest(this.#epoch, key), undefined);
  }

  forgot(seqs: readonly number[]): void {
    for (const seq of seqs) this.#owed.set(keys.nonce(this.#epoch, seq), undefined);
  }

  save(draft: Draft, nonces: readonly Accepted[], first: number): Promise<SaveOutcome> | undefined {
    for (; this.#first < first; this.#first += 1)
      this.#owed.set(keys.line(this.#epoch, this.#first), undefined);
    if (this.#owed.size + draft.entries.length === 0) return undefined;
    const owed = this.#owed;
    this.#owed = new Map();
    const changes = new Map(owed);
    for (const message of [...draft.scrubbed, ...draft.entries])
      changes.set(keys.line(this.#epoch, message.seq), write.line(message));
    for (const accepted of nonces) changes.set(keys.nonce(this.#epoch, accepted.seq), write.nonce(accepted));
    return this.#commit(changes, owed);
  }

  erase({ last, nonces, people, guests }: Remains): void {
    const gone = [keys.room(this.#epoch), ...this.#owed.keys()];
    for (let seq = this.#first; seq <= last; seq += 1) gone.push(keys.line(this.#epoch, seq));
    for (const seq of nonces) gone.push(keys.nonce(this.#epoch, seq));
    for (const { key } of people) gone.push(keys.person(this.#epoch, key));
    for (const key of guests) gone.push(keys.guest(this.#epoch, key));
    void this.#store.commit(new Map(gone.map((key) => [key, undefined])));
  }

  async #commit(changes: Changes, owed: Changes): Promise<SaveOutcome> {
    const outcome = await this.#store.commit(changes);
    if (outcome === "failed") this.#owed = new Map([...owed, ...this.#owed]);
    return outcome;
  }
}

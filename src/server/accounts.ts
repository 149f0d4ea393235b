import { limits } from "../limits.ts";
import type { PersonId } from "../people/user.ts";
import type { Clock, Timer } from "../system/clock.ts";
import { bucketFullAt, bucketWaitMs, type Rate } from "../system/token-bucket.ts";

/** How fast one connection, and one person on all of theirs, may speak: messages in a second, and at once after a quiet time. */
export type Pace = { kind: "unlimited" } | { kind: "limited"; perSecond: number; burst: number };

/** What the holder of an account may do. */
export interface AccountRates {
  readonly messages: Rate;
  /** Bytes of frames. */
  readonly received: Rate;
  /** Bytes that answers take, at most; a log counts each entry so. */
  readonly answered: Rate;
}

/** What is missing for a message, and how long until it is there. */
export interface Shortage {
  readonly of: keyof AccountRates;
  readonly perSecond: number;
  readonly retryAfterMs: number;
}

/**
 * What a connection, a person or a network address has used of what it may: three token buckets over one clock. An answer's
 * size is known once it is made, so that one more is given while anything is left, and what it took too much is owed.
 */
export class Account {
  readonly #rates: AccountRates;
  readonly #clock: Clock;
  // When each is full again: monotonic time in ms.
  #messagesFullAtMs = Number.NEGATIVE_INFINITY;
  #receivedFullAtMs = Number.NEGATIVE_INFINITY;
  #answeredFullAtMs = Number.NEGATIVE_INFINITY;

  constructor(rates: AccountRates, clock: Clock) {
    this.#rates = rates;
    this.#clock = clock;
  }

  /** Nothing is used: a new account would be the same. */
  get isFull(): boolean {
    const last = Math.max(this.#messagesFullAtMs, this.#receivedFullAtMs, this.#answeredFullAtMs);
    return last <= this.#clock.elapsed();
  }

  /** What is missing for a message of so many bytes, if anything. */
  shortage(bytes: number): Shortage | undefined {
    const { messages, received } = this.#rates;
    const nowMs = this.#clock.elapsed();
    return (
      shortOf("messages", messages, bucketWaitMs(messages, this.#messagesFullAtMs, nowMs, 1)) ??
      shortOf("received", received, bucketWaitMs(received, this.#receivedFullAtMs, nowMs, bytes))
    );
  }

  /** Charges a message of so many bytes, whether they are there or not. */
  receive(bytes: number): void {
    const { messages, received } = this.#rates;
    const nowMs = this.#clock.elapsed();
    this.#messagesFullAtMs = bucketFullAt(messages, this.#messagesFullAtMs, nowMs, 1);
    this.#receivedFullAtMs = bucketFullAt(received, this.#receivedFullAtMs, nowMs, bytes);
  }

  /** What is missing for an answer of any size, if anything. */
  answerShortage(): Shortage | undefined {
    const { answered } = this.#rates;
    const waitMs = bucketWaitMs(answered, this.#answeredFullAtMs, this.#clock.elapsed(), 1);
    return shortOf("answered", answered, waitMs);
  }

  /** Charges an answer; with fewer than none, gives back what was charged for one that was not given. */
  answer(bytes: number): void {
    const { answered } = this.#rates;
    this.#answeredFullAtMs = bucketFullAt(answered, this.#answeredFullAtMs, this.#clock.elapsed(), bytes);
  }
}

function shortOf(of: Shortage["of"], { perSecond }: Rate, retryAfterMs: number): Shortage | undefined {
  return retryAfterMs > 0 ? { of, perSecond, retryAfterMs } : undefined;
}

/**
 * The accounts of people, which all their connections share, and of network addresses, which all connections from there
 * share. One is there while anything of it is used, whether or not its holder is connected, so that coming back gives nothing
 * anew, and who is quiet costs nothing.
 */
export class Accounts {
  /** Of one connection, and of one person. */
  readonly rates: AccountRates;
  readonly #people: AccountPerKey<PersonId>;
  readonly #peers: AccountPerKey<string>;

  /** @param max accounts of each kind: as many as there may be connections. */
  constructor(pace: Pace, max: number, clock: Clock) {
    this.rates = ratesOf(pace);
    this.#people = new AccountPerKey(this.rates, max, clock);
    this.#peers = new AccountPerKey(ratesOf(pace, limits.peoplePerPeer), max, clock);
  }

  ofPerson(person: PersonId): Account {
    return this.#people.of(person);
  }

  /** @param key what limits count the address by. */
  ofPeer(key: string): Account {
    return this.#peers.of(key);
  }

  /** How many there are. */
  get size(): number {
    return this.#people.size + this.#peers.size;
  }

  /** Forgets all of them. */
  close(): void {
    this.#people.clear();
    this.#peers.clear();
  }
}

/** What so many people may do together. */
function ratesOf(pace: Pace, people = 1): AccountRates {
  const { perSecond, burst } = pace.kind === "limited" ? pace : defaultPace;
  const { bytesPerSecond, byteBurst, answeredBytesPerSecond, answeredByteBurst } = limits;
  return {
    messages: { perSecond: people * perSecond, burst: people * burst },
    received: { perSecond: people * bytesPerSecond, burst: people * byteBurst },
    answered: { perSecond: people * answeredBytesPerSecond, burst: people * answeredByteBurst },
  };
}

const defaultPace = { perSecond: limits.messagesPerSecond, burst: limits.messageBurst };

class AccountPerKey<K> {
  readonly #rates: AccountRates;
  readonly #max: number;
  readonly #clock: Clock;
  /** The one that was made first comes first. */
  readonly #accounts = new Map<K, Account>();
  #timer: Timer | undefined;

  constructor(rates: AccountRates, max: number, clock: Clock) {
    this.#rates = rates;
    this.#max = max;
    this.#clock = clock;
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** Over the maximum the one that was made first is forgotten. */
  of(key: K): Account {
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const [first] = this.#accounts.keys();
    if (this.#accounts.size >= this.#max && first !== undefined) this.#accounts.delete(first);
    const account = new Account(this.#rates, this.#clock);
    this.#accounts.set(key, account);
    this.#tidyLater();
    return account;
  }

  clear(): void {
    this.#accounts.clear();
    this.#timer?.cancel();
  }

  #tidyLater(): void {
    this.#timer ??= this.#clock.after(limits.accountsTidyMs, () => {
      this.#timer = undefined;
      for (const [key, account] of this.#accounts) if (account.isFull) this.#accounts.delete(key);
      if (this.#accounts.size > 0) this.#tidyLater();
    });
  }
}

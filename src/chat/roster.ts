import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Person } from "./rules.ts";
import type { NameKey, User } from "./user.ts";

/** Who is in a room: people, however many clients each of them has. Bounded by the server's clients, and those lost within the grace. */
export class Roster {
  /** In the order of their coming. */
  readonly #people = new Map<NameKey, Person>();
  #losses = 0;

  /** @param lost who was there before the server started, and may be back. */
  constructor(lost: readonly User[]) {
    for (const user of lost) {
      this.come(user);
      this.lose(user.key, this.#losses + 1);
    }
  }

  /** How many people are there. */
  get size(): number {
    return this.#people.size;
  }

  /** How often somebody was lost. */
  get losses(): number {
    return this.#losses;
  }

  get(key: NameKey): Person | undefined {
    return this.#people.get(key);
  }

  people(): Iterable<Person> {
    return this.#people.values();
  }

  /** Who is there, in the order of their coming. */
  *values(): Generator<User, void> {
    for (const { user } of this.#people.values()) yield user;
  }

  come(user: User): void {
    this.#people.set(user.key, { kind: "present", user, clients: 1 });
  }

  /** Sets how many clients somebody has who is there. */
  stay(key: NameKey, clients: number): void {
    this.#people.set(key, { kind: "present", user: this.#user(key), clients });
  }

  lose(key: NameKey, loss: number): void {
    this.#people.set(key, { kind: "lost", user: this.#user(key), loss });
    this.#losses = loss;
  }

  go(key: NameKey): void {
    this.#people.delete(key);
  }

  #user(key: NameKey): User {
    const person = this.#people.get(key);
    if (person === undefined) throw new Error("a room has lost somebody out of its roster");
    return person.user;
  }
}

/** Whom a private room lets in without an invitation, the one let in longest ago first. */
export class Guests {
  readonly #keys: Set<NameKey>;
  #budget: ByteBudget | undefined;

  /** @param budget counts what they hold. @param keys in the order in which they were let in. */
  constructor(budget: ByteBudget, keys: readonly NameKey[]) {
    this.#budget = budget;
    this.#keys = new Set(keys);
    for (const key of this.#keys) budget.add(0, bytesOf(key));
  }

  get size(): number {
    return this.#keys.size;
  }

  has(key: NameKey): boolean {
    return this.#keys.has(key);
  }

  keys(): Iterable<NameKey> {
    return this.#keys;
  }

  add(key: NameKey): void {
    this.#keys.add(key);
    this.#budget?.add(0, bytesOf(key));
  }

  delete(key: NameKey): void {
    this.#keys.delete(key);
    this.#budget?.add(0, -bytesOf(key));
  }

  /** Stops counting in the budget. */
  leaveBudget(): void {
    for (const key of this.#keys) this.#budget?.add(0, -bytesOf(key));
    this.#budget = undefined;
  }
}

/** A place in a set, estimated, and 2 bytes a character. */
function bytesOf(key: NameKey): number {
  return 64 + 2 * key.length;
}

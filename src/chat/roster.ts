import type { ByteBudget } from "../memory/byte-budget.ts";
import type { NameKey, PersonId, User } from "../people/user.ts";
import type { Occupant } from "./rules.ts";

/** Who is in a room: people, however many clients each of them has. Bounded by the server's clients, and those lost within the grace. */
export class Roster {
  /** In the order of their coming. */
  readonly #people = new Map<NameKey, Occupant>();
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

  get(key: NameKey): Occupant | undefined {
    return this.#people.get(key);
  }

  people(): Iterable<Occupant> {
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

/** Whom a private room lets in without an invitation. */
export class Guests {
  readonly #people: Set<PersonId>;
  #budget: ByteBudget | undefined;

  /** @param budget counts what they hold. */
  constructor(budget: ByteBudget, people: readonly PersonId[]) {
    this.#budget = budget;
    this.#people = new Set(people);
    for (const person of this.#people) budget.add(0, bytesOf(person));
  }

  get size(): number {
    return this.#people.size;
  }

  has(person: PersonId): boolean {
    return this.#people.has(person);
  }

  values(): Iterable<PersonId> {
    return this.#people;
  }

  add(person: PersonId): void {
    this.#people.add(person);
    this.#budget?.add(0, bytesOf(person));
  }

  /** Stops counting in the budget. */
  leaveBudget(): void {
    for (const person of this.#people) this.#budget?.add(0, -bytesOf(person));
    this.#budget = undefined;
  }
}

/** A place in a set, estimated, and 2 bytes a character. */
function bytesOf(person: PersonId): number {
  return 64 + 2 * person.length;
}

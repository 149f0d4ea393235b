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

/** Somebody whom a private room lets in without an invitation; the one that let them in first, where it was one. */
export interface Guest {
  readonly person: PersonId;
  readonly invitation: string | undefined;
}

/** The guests of a private room. */
export class Guests {
  readonly #invitations = new Map<PersonId, string | undefined>();
  #budget: ByteBudget | undefined;

  /** @param budget counts what they hold. */
  constructor(budget: ByteBudget, guests: readonly Guest[]) {
    this.#budget = budget;
    for (const guest of guests) this.add(guest);
  }

  get size(): number {
    return this.#invitations.size;
  }

  has(person: PersonId): boolean {
    return this.#invitations.has(person);
  }

  /** How many an invitation has let in. */
  letInBy(invitation: string): number {
    let guests = 0;
    for (const other of this.#invitations.values()) if (other === invitation) guests += 1;
    return guests;
  }

  people(): Iterable<PersonId> {
    return this.#invitations.keys();
  }

  add({ person, invitation }: Guest): void {
    this.#invitations.set(person, invitation);
    this.#budget?.add(0, bytesOf(person, invitation));
  }

  /** Stops counting in the budget. */
  leaveBudget(): void {
    for (const [person, invitation] of this.#invitations) this.#budget?.add(0, -bytesOf(person, invitation));
    this.#budget = undefined;
  }
}

/** A place in a map, estimated, and 2 bytes a character. */
function bytesOf(person: PersonId, invitation = ""): number {
  return 96 + 2 * (person.length + invitation.length);
}

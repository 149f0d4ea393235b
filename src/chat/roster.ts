import { ExpiringMap } from "../actor/expiring-map.ts";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { Leaving } from "./client.ts";
import type { NameKey, User } from "./user.ts";

/**
 * Who is in a room: people, however many clients (tabs) each of them has. Somebody who was lost, and has no other client,
 * is still there for `limits.graceMs`. Bounded by the server's clients, and those lost within the grace.
 */
export class Roster {
  /** In the order of their coming. */
  readonly #people = new Map<NameKey, { readonly user: User; clients: number }>();
  /** Those of them who were lost. */
  readonly #lost: ExpiringMap<NameKey, User>;

  /** @param lost who was there before the server started, and may be back. @param due called when it is time for `takeGone`. */
  constructor(lost: readonly User[], clock: Clock, due: () => void) {
    this.#lost = new ExpiringMap(limits.graceMs, clock, due);
    for (const user of lost) {
      this.#people.set(user.key, { user, clients: 0 });
      this.#lost.set(user.key, user);
    }
  }

  /** How many people are there. */
  get size(): number {
    return this.#people.size;
  }

  /** Who is there, in the order of their coming. */
  *values(): Generator<User, undefined> {
    for (const { user } of this.#people.values()) yield user;
  }

  /** A client of the user's comes. True when the user was not there. */
  enter(user: User): boolean {
    this.#lost.delete(user.key);
    const person = this.#people.get(user.key);
    if (person === undefined) this.#people.set(user.key, { user, clients: 1 });
    else person.clients += 1;
    return person === undefined;
  }

  /** A client of the user's goes. True when the user is gone with it. */
  leave(user: User, how: Leaving): boolean {
    const person = this.#people.get(user.key);
    if (person === undefined || person.clients === 0) throw new Error("someone left a room they were not in");
    person.clients -= 1;
    if (person.clients > 0) return false;
    if (how === "left") return this.#people.delete(user.key);
    this.#lost.set(user.key, person.user);
    return false;
  }

  /** Takes out the first for whom the grace has passed. */
  takeGone(): User | undefined {
    const [gone] = this.#lost.takeExpired(1);
    if (gone !== undefined) this.#people.delete(gone.key);
    return gone;
  }

  close(): void {
    this.#lost.clear();
  }
}

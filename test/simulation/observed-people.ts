import { limits } from "../../src/limits.ts";
import type { LogEntryV2 } from "../../src/protocol/v2.ts";
import { BrokenPromise } from "./room-log.ts";
import type { VirtualTime } from "./time.ts";

/** How somebody uses a name, or an address. */
interface Use {
  readonly email: string;
  readonly id: string | undefined;
  /** Connections that are logged in. */
  open: number;
  /** When one of them last came or went, in ms of the monotonic clock. */
  usedMs: number;
}

/** Whose each name and each id is, by what the server says to whom. */
export class ObservedPeople {
  readonly #time: VirtualTime;
  /** By name. Forgotten with a server that forgets. */
  readonly #names = new Map<string, Use>();
  /** By address. Forgotten with a server that forgets. */
  readonly #people = new Map<string, Use>();
  /** Addresses by id, of all servers. */
  readonly #emails = new Map<string, string>();
  /** The names that each address has been let in under. */
  readonly #namesOf = new Map<string, Set<string>>();

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** The server's process has ended, and what comes next knows nobody. */
  forget(): void {
    this.#names.clear();
    this.#people.clear();
  }

  /** Whether the name is somebody's and cannot have expired. */
  isOwned(name: string): boolean {
    const use = this.#names.get(name);
    return use !== undefined && !this.#isUnused(use);
  }

  /** Whether the name is another's, or may be again. */
  isOthers(name: string, email: string): boolean {
    const use = this.#names.get(name);
    return use !== undefined && use.email !== email;
  }

  /** Somebody is let in. @param id undefined in version 1, which has none. Returns whether the name was another's before. */
  letIn(name: string, email: string, id: string | undefined): boolean {
    const owner = this.#names.get(name);
    const isOthers = owner !== undefined && owner.email !== email;
    if (isOthers && !this.#isUnused(owner))
      throw new BrokenPromise("P8", `${email} is let in as ${name}, who is ${owner.email}`);
    this.#names.set(name, this.#used(isOthers ? undefined : owner, email, undefined));
    const known = this.#people.get(email);
    const person = known !== undefined && this.#isUnused(known) ? undefined : known; // who may be forgotten
    if (id !== undefined) this.#checkId(id, email, person);
    this.#people.set(email, this.#used(person, email, id ?? person?.id));
    this.#namesOf.set(email, (this.#namesOf.get(email) ?? new Set()).add(name));
    return isOthers;
  }

  /** A connection is gone on which somebody was logged in. */
  left(name: string, email: string): void {
    for (const use of [this.#names.get(name), this.#people.get(email)]) {
      if (use?.email !== email) continue;
      use.open -= 1;
      use.usedMs = this.#time.elapsedMs;
    }
  }

  /** An id's lines are all one address's, under the names it has had, or had taken when it was gone before it was told so. */
  checkEntry({ user }: LogEntryV2): void {
    const email = this.#emails.get(user.id);
    if (email === undefined || this.#namesOf.get(email)?.has(user.name)) return;
    if (!this.isOwned(user.name)) this.#namesOf.get(email)?.add(user.name);
    else throw new BrokenPromise("P8", `${user.id} of ${email} speaks as ${user.name}`);
  }

  /** No two addresses have one id, and an address keeps its own until it is forgotten. */
  #checkId(id: string, email: string, person: Use | undefined): void {
    const whose = this.#emails.get(id) ?? email;
    if (whose !== email) throw new BrokenPromise("P8", `${email} has the id of ${whose}`);
    this.#emails.set(id, email);
    if (person?.id !== undefined && person.id !== id)
      throw new BrokenPromise("P5", `${email} is not who they were: ${id}, not ${person.id}`);
  }

  #used(before: Use | undefined, email: string, id: string | undefined): Use {
    return { email, id, open: (before?.open ?? 0) + 1, usedMs: this.#time.elapsedMs };
  }

  #isUnused({ open, usedMs }: Use): boolean {
    return open === 0 && this.#time.elapsedMs - usedMs >= limits.nameUnusedMs;
  }
}

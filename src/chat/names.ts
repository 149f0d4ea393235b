import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { EmailHash, Identity, NameKey, User } from "./user.ts";

interface Entry {
  readonly owner: EmailHash;
  /** Logins that have not been released. While there is one, the name does not expire. */
  present: number;
  /** Wall time of the last claim or release, in ms. */
  usedAtMs: number;
}

/**
 * Who owns which name. A name belongs to the address that first proved itself with it, until nobody has
 * used it for `limits.nameUnusedMs`. Every method is synchronous: of two that claim a name, one wins.
 */
export class Names {
  /** By last use, the longest unused first. */
  readonly #entries = new Map<NameKey, Entry>();
  readonly #clock: Clock;
  #present = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Names of somebody who is logged in. */
  get present(): number {
    return this.#present;
  }

  /** Takes the name for somebody who has proved who they are; each "claimed" is to be released once. */
  claim({ user, emailHash }: Identity): "claimed" | "taken" | "full" {
    let entry = this.#entries.get(user.key);
    if (entry !== undefined && entry.owner !== emailHash && !this.#isExpired(entry)) return "taken";
    if (entry === undefined && this.#entries.size >= limits.namesMax) this.#sweep();
    if (entry === undefined && this.#entries.size >= limits.namesMax) return "full";
    if (entry?.owner !== emailHash) entry = { owner: emailHash, present: 0, usedAtMs: 0 };
    if (entry.present === 0) this.#present += 1;
    entry.present += 1;
    this.#use(user.key, entry);
    return "claimed";
  }

  /** Whether the name is somebody's. Whose it is, nobody is told. */
  isTaken({ key }: User): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && !this.#isExpired(entry);
  }

  /** Whoever claimed the name is gone; from their last login's end on, it counts as unused. */
  release({ user, emailHash }: Identity): void {
    const entry = this.#entries.get(user.key);
    if (entry?.owner !== emailHash || entry.present === 0)
      throw new Error("released a name nobody had claimed");
    entry.present -= 1;
    if (entry.present === 0) this.#present -= 1;
    this.#use(user.key, entry);
  }

  #use(key: NameKey, entry: Entry): void {
    entry.usedAtMs = this.#clock.now();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #isExpired(entry: Entry): boolean {
    return entry.present === 0 && this.#clock.now() - entry.usedAtMs >= limits.nameUnusedMs;
  }

  /** Frees what has expired. Stops at the first that was used lately: those after it were used later. */
  #sweep(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#isExpired(entry)) this.#entries.delete(key);
      else if (entry.present === 0) return;
    }
  }
}

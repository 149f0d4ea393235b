import { limits } from "../limits.ts";
import type { Store } from "../store/store.ts";
import { eraseName, type OwnedName, writeName } from "./records.ts";
import type { SeenTime } from "./seen-time.ts";
import type { Name, NameKey, PersonId } from "./user.ts";

interface NameEntry extends Name {
  readonly owner: PersonId;
  /** Logins that have not been released. While there is one, the name does not expire. */
  present: number;
  /** Seen time of the last claim or release, in ms. */
  usedAtMs: number;
  /** The use that the store has; undefined where it has none, so that the name would not be its owner's after a restart. */
  savedAtMs: number | undefined;
}

interface NamesOptions {
  seen: SeenTime;
  /** Undefined: names end with the process. */
  store: Store | undefined;
  /** Whose the names are already. */
  names: readonly OwnedName[];
  /** Told of each name that is nobody's any more, and whose it was. */
  freed: (owner: PersonId) => void;
}

/**
 * Whose each name is. A name is a label: it belongs to the person who first came under it, until nobody has used it for
 * `limits.nameUnusedMs` of seen time, and whoever has it next has nothing but the name. All is synchronous: of two that
 * claim a name, one wins.
 */
export class Names {
  /** In the order of their last use, the longest unused first. */
  readonly #entries = new Map<NameKey, NameEntry>();
  readonly #seen: SeenTime;
  readonly #store: Store | undefined;
  readonly #freed: (owner: PersonId) => void;
  #present = 0;

  constructor({ seen, store, names, freed }: NamesOptions) {
    this.#seen = seen;
    this.#store = store;
    this.#freed = freed;
    for (const name of [...names].sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      // The last use may not be saved: a name is never free too early.
      const usedAtMs = name.usedAtMs + limits.nameUseSavedMs;
      this.#entries.set(name.key, { ...name, present: 0, usedAtMs, savedAtMs: name.usedAtMs });
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Names under which somebody is logged in. */
  get present(): number {
    return this.#present;
  }

  /** Claims the name. "new": it was nobody's, and is this person's from now on. Each "claimed" and "new" is released once. */
  claim(name: Name, owner: PersonId): "claimed" | "new" | "taken" | "full" {
    const known = this.#entries.get(name.key);
    if (known !== undefined && known.owner !== owner) {
      if (!this.#isExpired(known)) return "taken";
      this.#free(known);
    }
    const mine = this.#entries.get(name.key);
    if (mine === undefined && this.#isFull) return "full";
    const entry = mine ?? { ...name, owner, present: 0, usedAtMs: 0, savedAtMs: undefined };
    if (entry.present === 0) this.#present += 1;
    entry.present += 1;
    this.#use(entry);
    return mine === undefined ? "new" : "claimed";
  }

  /** Ends one login under the name. From the end of the last one on, the name counts as unused. */
  release({ key }: Name, owner: PersonId): void {
    const entry = this.#entries.get(key);
    if (entry?.owner !== owner || entry.present === 0) throw new Error("released a name nobody had claimed");
    entry.present -= 1;
    if (entry.present === 0) this.#present -= 1;
    this.#use(entry);
    if (this.#isStale(entry) && entry.savedAtMs !== undefined) void this.#saveUse(entry);
  }

  /** Whether the name is somebody's. Nobody is told whose. */
  isTaken({ key }: Name): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && !this.#isExpired(entry);
  }

  /** Whether the name is this person's. */
  isOf({ key }: Name, owner: PersonId): boolean {
    return this.#entries.get(key)?.owner === owner;
  }

  /** What has to be saved for the name to be its owner's after a restart; undefined where that is saved. */
  unsaved({ key }: Name): OwnedName | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isStale(entry) ? { ...entry } : undefined;
  }

  /** The store has this use of it now. */
  saved({ key, usedAtMs }: OwnedName): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.savedAtMs = usedAtMs;
  }

  /** Renews the names of those who stay logged in, and frees the expired ones. */
  tidy(): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.present === 0) continue;
      this.#use(entry);
      if (this.#isStale(entry)) void this.#saveUse(entry);
    }
    this.sweep();
  }

  /** At `limits.namesMax`, frees expired names, so that there can be new ones. */
  makeRoom(): void {
    if (this.#isFull) this.sweep();
  }

  /** Frees expired names. Stops at the first that was used lately, for the ones behind it were used later. */
  sweep(): void {
    for (const entry of this.#entries.values()) {
      if (this.#isExpired(entry)) this.#free(entry);
      else if (entry.present === 0) return;
    }
  }

  get #isFull(): boolean {
    return this.#entries.size >= limits.namesMax;
  }

  #use(entry: NameEntry): void {
    entry.usedAtMs = this.#seen.now();
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  /** Saves a later use, if it can be; otherwise the earlier one stands. */
  async #saveUse(entry: NameEntry): Promise<void> {
    const use: OwnedName = { ...entry };
    if ((await this.#store?.commit(writeName(use))) === "saved") this.saved(use);
  }

  #isStale({ usedAtMs, savedAtMs }: NameEntry): boolean {
    if (this.#store === undefined) return false;
    return savedAtMs === undefined || usedAtMs - savedAtMs >= limits.nameUseSavedMs;
  }

  #isExpired({ present, usedAtMs }: NameEntry): boolean {
    return present === 0 && this.#seen.now() - usedAtMs >= limits.nameUnusedMs;
  }

  #free({ key, owner }: NameEntry): void {
    this.#entries.delete(key);
    void this.#store?.commit(eraseName(key));
    this.#freed(owner);
  }
}

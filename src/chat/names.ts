import { limits } from "../limits.ts";
import type { SaveOutcome, Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { eraseName, type OwnedName, writeName } from "./records.ts";
import type { State } from "./recovery.ts";
import type { EmailHash, Identity, NameKey, User } from "./user.ts";

/** Whether the name is still its owner's after a restart. A use that is saved may be older than the last. */
type Saving =
  | { readonly kind: "unsaved" }
  | { readonly kind: "saving"; readonly outcome: Promise<SaveOutcome> }
  | { readonly kind: "saved"; readonly usedAtMs: number };

const unsaved: Saving = { kind: "unsaved" };

interface NameEntry {
  readonly key: NameKey;
  readonly owner: EmailHash;
  /** Logins that have not been released. While there is one, the name does not expire. */
  present: number;
  /** Wall time of the last claim or release, in ms. */
  usedAtMs: number;
  saving: Saving;
}

/**
 * Who owns which name. A name belongs to the address that first proved itself with it, until nobody has
 * used it for `limits.nameUnusedMs`. Every method but `saved` is synchronous: of two that claim a name, one wins.
 */
export class Names {
  /** In the order of their last use, the longest unused first. */
  readonly #entries = new Map<NameKey, NameEntry>();
  readonly #clock: Clock;
  /** Undefined: names end with the process. */
  readonly #store: Store | undefined;
  #present = 0;
  /** Wall time of the last sweep, in ms. */
  #tidiedAtMs: number;

  constructor(clock: Clock, state: State = { kind: "memory" }) {
    this.#clock = clock;
    this.#tidiedAtMs = clock.now();
    this.#store = state.kind === "saved" ? state.store : undefined;
    if (state.kind === "saved") this.#restore(state.names);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Names whose owner is logged in. */
  get present(): number {
    return this.#present;
  }

  /** Claims the name for a proved identity. Each "claimed" is released once. */
  claim({ user, emailHash }: Identity): "claimed" | "taken" | "full" {
    this.#tidy();
    let entry = this.#entries.get(user.key);
    if (entry !== undefined && entry.owner !== emailHash && !this.#isExpired(entry)) return "taken";
    if (entry === undefined && this.#entries.size >= limits.namesMax) this.#sweep();
    if (entry === undefined && this.#entries.size >= limits.namesMax) return "full";
    if (entry?.owner !== emailHash) entry = newEntry({ key: user.key, owner: emailHash, usedAtMs: 0 });
    if (entry.present === 0) this.#present += 1;
    entry.present += 1;
    this.#use(entry);
    return "claimed";
  }

  /** Settles when a claimed name is durable: still its owner's after a restart. */
  async saved({ user }: Identity): Promise<SaveOutcome> {
    const entry = this.#entries.get(user.key);
    if (this.#store === undefined || entry === undefined) return "saved";
    switch (entry.saving.kind) {
      case "unsaved":
        return this.#save(entry, this.#store);
      case "saving":
        return entry.saving.outcome;
      case "saved":
        return "saved";
    }
  }

  /** Whether the name has an owner. Nobody is told which. */
  isTaken({ key }: User): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && !this.#isExpired(entry);
  }

  /** Ends one login under the name. From the end of the last one on, the name counts as unused. */
  release({ user, emailHash }: Identity): void {
    const entry = this.#entries.get(user.key);
    if (entry?.owner !== emailHash || entry.present === 0)
      throw new Error("released a name nobody had claimed");
    entry.present -= 1;
    if (entry.present === 0) this.#present -= 1;
    this.#use(entry);
  }

  #use(entry: NameEntry): void {
    entry.usedAtMs = this.#clock.now();
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    const { saving, usedAtMs } = entry;
    if (this.#store === undefined || saving.kind !== "saved") return;
    if (usedAtMs - saving.usedAtMs >= limits.nameUseSavedMs) void this.#saveUse(entry, saving, this.#store);
  }

  /** Saves whose the name is. */
  #save(entry: NameEntry, store: Store): Promise<SaveOutcome> {
    const { usedAtMs } = entry;
    const outcome = store.commit(writeName(entry)).then((outcome) => {
      entry.saving = outcome === "saved" ? { kind: "saved", usedAtMs } : unsaved;
      return outcome;
    });
    entry.saving = { kind: "saving", outcome };
    return outcome;
  }

  /** Saves a later use. Where that fails the earlier one stands, and the next use is saved in its place. */
  async #saveUse(entry: NameEntry, earlier: Saving, store: Store): Promise<void> {
    entry.saving = { kind: "saved", usedAtMs: entry.usedAtMs };
    if ((await store.commit(writeName(entry))) === "failed") entry.saving = earlier;
  }

  #isExpired(entry: NameEntry): boolean {
    return entry.present === 0 && this.#clock.now() - entry.usedAtMs >= limits.nameUnusedMs;
  }

  /** Every `limits.nameUseSavedMs`: renews the names of those who stay logged in, and frees the expired ones. */
  #tidy(): void {
    if (this.#store === undefined || this.#clock.now() - this.#tidiedAtMs < limits.nameUseSavedMs) return;
    this.#tidiedAtMs = this.#clock.now();
    for (const entry of [...this.#entries.values()]) if (entry.present > 0) this.#use(entry);
    this.#sweep();
  }

  /** Frees expired names. Stops at the first that was used lately, for the ones behind it were used later. */
  #sweep(): void {
    for (const entry of this.#entries.values()) {
      if (this.#isExpired(entry)) this.#free(entry.key);
      else if (entry.present === 0) return;
    }
  }

  #free(key: NameKey): void {
    this.#entries.delete(key);
    void this.#store?.commit(eraseName(key));
  }

  /** Not every use is saved, so the last one may be later than what is read; a name is never free too early. */
  #restore(names: readonly OwnedName[]): void {
    const used = names.map((name) => ({ ...name, usedAtMs: name.usedAtMs + limits.nameUseSavedMs }));
    for (const name of used.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      const saving = { kind: "saved", usedAtMs: name.usedAtMs - limits.nameUseSavedMs } as const;
      this.#entries.set(name.key, { ...newEntry(name), saving });
    }
    this.#sweep();
  }
}

function newEntry(name: OwnedName): NameEntry {
  return { ...name, present: 0, saving: unsaved };
}

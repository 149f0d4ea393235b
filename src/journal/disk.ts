import type { Changes, SaveOutcome, Store } from "../store/store.ts";
import type { Inbox, Journal } from "./journal.ts";

/** What is written of a group. */
export interface Writing {
  /** Lost where it cannot be saved now. */
  readonly draft: Map<string, string | undefined>;
  /** Saved some time: what cannot be saved now goes along with the next. */
  readonly owed: Map<string, string | undefined>;
}

interface DiskJournalOptions<Command, Effect> {
  /** The actor's own, which it reads. */
  inbox: Inbox<Command>;
  /** One for all journals of the process: what they keep in one turn of the event loop is one write. */
  store: Store;
  /** Writes down an effect, the later of two under a key in the place of the earlier. */
  write: (effect: Effect, writing: Writing) => void;
  /** Kept along with the first group. */
  owed: readonly Effect[];
}

/** A journal of one process that keeps what happened in a store: the order is the inbox's. */
export class DiskJournal<Command, Effect> implements Journal<Command, Effect> {
  readonly #inbox: Inbox<Command>;
  readonly #store: Store;
  readonly #write: (effect: Effect, writing: Writing) => void;
  /** What the next save takes along, until one succeeds. Bounded by what the actor holds, for each key is there once. */
  readonly #owed = new Map<string, string | undefined>();

  constructor({ inbox, store, write, owed }: DiskJournalOptions<Command, Effect>) {
    this.#inbox = inbox;
    this.#store = store;
    this.#write = write;
    this.#writeAll(owed);
  }

  send(command: Command): Promise<boolean> {
    return this.#inbox.send(command);
  }

  keep(effects: readonly Effect[]): Promise<SaveOutcome> | undefined {
    const draft = this.#writeAll(effects);
    if (this.#owed.size + draft.size === 0) return undefined;
    return this.#commit(new Map([...this.#owed, ...draft]));
  }

  close(): void {
    this.#inbox.close();
  }

  erase(remains: Iterable<Effect>): void {
    this.#writeAll(remains);
    const gone = [...this.#owed.keys()].map((key) => [key, undefined] as const);
    void this.#store.commit(new Map(gone));
  }

  async #commit(changes: Changes): Promise<SaveOutcome> {
    const outcome = await this.#store.commit(changes);
    if (outcome === "saved") this.#owed.clear();
    return outcome;
  }

  /** Adds to what is owed, and returns what is drafted. */
  #writeAll(effects: Iterable<Effect>): Writing["draft"] {
    const writing = { draft: new Map<string, string | undefined>(), owed: this.#owed };
    for (const effect of effects) this.#write(effect, writing);
    return writing.draft;
  }
}

import type { Store } from "../store/store.ts";
import type { RoomMessage } from "./message.ts";
import { type OwnedName, readEntry, type StoredEntry } from "./records.ts";
import type { Past, RoomFacts } from "./room-state.ts";
import type { Accepted } from "./rules.ts";
import type { NameKey, User } from "./user.ts";

/** The state that a server starts with, and the store that keeps what happens. */
export type State = { kind: "memory" } | SavedState;

export interface SavedState {
  kind: "saved";
  store: Store;
  names: readonly OwnedName[];
  /** The one that has been quiet for longest comes first. */
  rooms: readonly SavedRoom[];
}

export interface SavedRoom {
  readonly facts: RoomFacts;
  readonly past: Past;
}

/** `problem` says what cannot be understood. */
export type Recovery = SavedState | { kind: "damaged"; problem: string };

/** Reads everything in a store, and deletes what is left of rooms that have ended. */
export async function recover(store: Store): Promise<Recovery> {
  const names: OwnedName[] = [];
  const rooms = new Map<string, RecoveredRoom>();
  for await (const [key, value] of store.read()) {
    const entry = readEntry(key, value);
    if (entry === undefined)
      return { kind: "damaged", problem: `what is under "${key}" cannot be understood` };
    if (entry.kind === "name") {
      names.push(entry);
      continue;
    }
    const found = rooms.get(entry.epoch) ?? new RecoveredRoom();
    rooms.set(entry.epoch, found);
    const problem = found.add(key, entry);
    if (problem !== undefined) return { kind: "damaged", problem };
  }
  const saved = newestOfEachName(rooms);
  const leftovers = [...rooms.values()].filter((found) => !saved.has(found)).flatMap(({ keys }) => keys);
  if (leftovers.length > 0) void store.commit(new Map(leftovers.map((key) => [key, undefined])));
  const inOrder = [...saved.values()].sort((a, b) => quietSince(a) - quietSince(b));
  return { kind: "saved", store, names, rooms: inOrder };
}

/** One room as it is read from the store, entry by entry. */
class RecoveredRoom {
  readonly keys: string[] = [];
  facts: RoomFacts | undefined;
  readonly #messages: RoomMessage[] = [];
  readonly #nonces: Accepted[] = [];
  readonly #people: User[] = [];
  readonly #guests: { key: NameKey; order: number }[] = [];

  /** Returns what is wrong with it, if anything. */
  add(key: string, entry: Exclude<StoredEntry, { kind: "name" }>): string | undefined {
    this.keys.push(key);
    switch (entry.kind) {
      case "room":
        this.facts = entry.room;
        return undefined;
      case "line": {
        const last = this.#messages.at(-1)?.seq ?? entry.message.seq - 1;
        this.#messages.push(entry.message);
        return entry.message.seq === last + 1 ? undefined : `what comes before "${key}" is gone`;
      }
      case "nonce":
        this.#nonces.push(entry.accepted);
        return undefined;
      case "person":
        this.#people.push(entry.user);
        return undefined;
      case "guest":
        this.#guests.push(entry);
        return undefined;
    }
  }

  past(epoch: string): Past {
    const guests = this.#guests.sort((a, b) => a.order - b.order).map(({ key }) => key);
    return { epoch, messages: this.#messages, nonces: this.#nonces, people: this.#people, guests };
  }
}

/** A room that has ended may still be in the store, where the process was killed before erasing it. */
function newestOfEachName(rooms: ReadonlyMap<string, RecoveredRoom>): Map<RecoveredRoom, SavedRoom> {
  const newest = new Map<string, { found: RecoveredRoom; room: SavedRoom }>();
  for (const [epoch, found] of rooms) {
    const { facts } = found;
    if (facts === undefined) continue;
    const other = newest.get(facts.name)?.room.facts;
    if (other !== undefined && other.openedAt > facts.openedAt) continue;
    newest.set(facts.name, { found, room: { facts, past: found.past(epoch) } });
  }
  return new Map([...newest.values()].map(({ found, room }) => [found, room]));
}

function quietSince({ facts, past }: SavedRoom): number {
  return past.messages.at(-1)?.at ?? facts.openedAt;
}

import type { SavedPeople } from "../people/people.ts";
import type { SavedPerson, Session } from "../people/person.ts";
import { isOfPeople, type OwnedName, readPeopleEntry } from "../people/records.ts";
import type { PersonId, User } from "../people/user.ts";
import { parseJson, type Store } from "../store/store.ts";
import type { Random } from "../system/random.ts";
import { FORMAT, FORMAT_KEY, readFormat, upgrade, writeFormat } from "./format.ts";
import type { RoomMessage } from "./message.ts";
import { keyUnderEpoch, newEpoch, type RoomEntry, readRoomEntry } from "./records.ts";
import type { Past, RoomFacts } from "./room-state.ts";
import type { Guest } from "./roster.ts";
import type { Accepted } from "./rules.ts";

/** The state that a server starts with, and the store that keeps what happens. */
export type State = { kind: "memory" } | SavedState;

export interface SavedState {
  kind: "saved";
  store: Store;
  people: SavedPeople;
  /** The one that has been quiet for longest comes first. */
  rooms: readonly SavedRoom[];
}

export interface SavedRoom {
  readonly facts: RoomFacts;
  readonly past: Past;
}

/** `problem` says what cannot be understood. */
export type Recovery = SavedState | { kind: "damaged"; problem: string };

/**
 * Reads everything in a store, carries over what an older Plume has written, and deletes what is left of rooms that have ended.
 *
 * @param options `isCopy`: people may have seen more than is in the store, so that all rooms get another epoch.
 */
export async function recover(store: Store, options: { random: Random; isCopy: boolean }): Promise<Recovery> {
  const { random, isCopy } = options;
  const entries = new Map<string, unknown>();
  for await (const [key, value] of store.read()) entries.set(key, parseJson(value));
  const isFormer = readFormat(entries) !== FORMAT;
  const revisions = [
    ...(isFormer ? [() => (entries.size === 0 ? writeFormat() : upgrade(entries, random))] : []),
    ...(isCopy ? [() => underNewEpochs(entries, random)] : []),
  ];
  for (const revise of revisions) {
    const changes = revise();
    if ((await store.commit(changes)) === "failed")
      return { kind: "damaged", problem: "what was saved cannot be carried over: is the disk full?" };
    for (const [key, value] of changes) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, parseJson(value));
    }
  }
  return sort(entries, store);
}

/** All rooms under another epoch each, so that clients are told that the log is another one, and no number means two lines. */
function underNewEpochs(
  entries: ReadonlyMap<string, unknown>,
  random: Random,
): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>();
  const epochs = new Map<string, string>();
  for (const [key, json] of entries) {
    const entry = isOfPeople(key) || key === FORMAT_KEY ? undefined : readRoomEntry(key, json);
    if (entry === undefined) continue; // `sort` says what cannot be understood
    const epoch = epochs.get(entry.epoch) ?? newEpoch(random);
    epochs.set(entry.epoch, epoch);
    changes.set(key, undefined);
    changes.set(keyUnderEpoch(key, epoch), JSON.stringify(json));
  }
  return changes;
}

function sort(entries: ReadonlyMap<string, unknown>, store: Store): Recovery {
  const people = new RecoveredPeople();
  const rooms = new Map<string, RecoveredRoom>();
  for (const [key, json] of entries) {
    if (key === FORMAT_KEY) continue;
    if (isOfPeople(key)) {
      if (!people.add(key, json)) return damaged(key);
      continue;
    }
    const entry = readRoomEntry(key, json);
    if (entry === undefined) return damaged(key);
    const found = rooms.get(entry.epoch) ?? new RecoveredRoom();
    rooms.set(entry.epoch, found);
    const problem = found.add(key, entry);
    if (problem !== undefined) return { kind: "damaged", problem };
  }
  const saved = newestOfEachName(rooms);
  const leftovers = [...rooms.values()].filter((found) => !saved.has(found)).flatMap(({ keys }) => keys);
  if (leftovers.length > 0) void store.commit(new Map(leftovers.map((key) => [key, undefined])));
  const inOrder = [...saved.values()].sort((a, b) => quietSince(a) - quietSince(b));
  return { kind: "saved", store, people: people.saved(store), rooms: inOrder };
}

function damaged(key: string): Recovery {
  return { kind: "damaged", problem: `what is under "${key}" cannot be understood` };
}

/** People as they are read from the store, entry by entry. */
class RecoveredPeople {
  readonly #people: SavedPerson[] = [];
  readonly #names: OwnedName[] = [];
  readonly #sessions: { person: PersonId; session: Session }[] = [];
  #seenMs = 0;
  #voidUntilMs = 0;

  /** False where the entry is damaged. */
  add(key: string, json: unknown): boolean {
    const entry = readPeopleEntry(key, json);
    switch (entry?.kind) {
      case undefined:
        return false;
      case "people":
        this.#people.push(entry.person);
        return true;
      case "name":
        this.#names.push(entry.name);
        return true;
      case "session":
        this.#sessions.push(entry);
        return true;
      case "seen":
        this.#seenMs = entry.seenMs;
        return true;
      case "void":
        this.#voidUntilMs = entry.voidUntilMs;
        return true;
    }
  }

  saved(store: Store): SavedPeople {
    return {
      store,
      people: this.#people,
      names: this.#names,
      sessions: this.#sessions,
      seenMs: this.#seenMs,
      voidUntilMs: this.#voidUntilMs,
    };
  }
}

/** One room as it is read from the store, entry by entry. */
class RecoveredRoom {
  readonly keys: string[] = [];
  facts: RoomFacts | undefined;
  readonly #messages: RoomMessage[] = [];
  readonly #nonces: Accepted[] = [];
  readonly #people: User[] = [];
  readonly #guests: Guest[] = [];
  #invitationsVoidToMs = 0;

  /** Returns what is wrong with it, if anything. */
  add(key: string, entry: RoomEntry): string | undefined {
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
      case "invitations-void":
        this.#invitationsVoidToMs = entry.toMs;
        return undefined;
    }
  }

  past(epoch: string): Past {
    return {
      epoch,
      messages: this.#messages,
      nonces: this.#nonces,
      people: this.#people,
      guests: this.#guests,
      invitationsVoidToMs: this.#invitationsVoidToMs,
    };
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

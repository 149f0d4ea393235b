import type { Logger } from "pino";
import { type Ending, spawn } from "../actor/actor.ts";
import { ExpiringMap } from "../actor/expiring-map.ts";
import { DiskJournal } from "../journal/disk.ts";
import { MemoryJournal } from "../journal/memory.ts";
import { limits } from "../limits.ts";
import { skeletonOf } from "../people/unicode.ts";
import type { PersonId } from "../people/user.ts";
import type { Random } from "../system/random.ts";
import { newEpoch, writeRoom } from "./records.ts";
import type { State } from "./recovery.ts";
import { type OpenJournal, Room, type RoomOptions } from "./room.ts";
import type { Past, RoomFacts, Upkeep } from "./room-state.ts";

/** The room of everybody who asks for no other: always open to all, and never forgotten. */
export const LOBBY = "lobby";

const lobbySkeleton = skeletonOf(LOBBY);

type RoomsOptions = Pick<RoomOptions, "history" | "historyBudget" | "connectionsMax" | "clock"> & {
  logger: Logger;
  random: Random;
  state: State;
};

/** How a room is opened where there is none of its name. */
export type Opening = Pick<RoomFacts, "isPrivate" | "openedBy">;

/**
 * Owns the rooms: opens one when it is first asked for, and a new one in its place when one has failed. One that has been
 * empty for `limits.roomEmptyMs` is closed and forgotten, with all that was said in it.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  /** Rooms that can be entered, by name. */
  readonly #open = new Map<string, Room>();
  /** What the names of all of them but the lobby look like. */
  readonly #skeletons = new Map<string, string>();
  /** How many of them each person has opened, of those who have opened any. */
  readonly #openedBy = new Map<PersonId, number>();
  /** The empty ones among them; never the lobby. */
  readonly #empty: ExpiringMap<string, Room>;
  /** Settle when a room's actor ends; a closed room may still have something to do. */
  readonly #lives = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#empty = new ExpiringMap(limits.roomEmptyMs, options.clock, () => {
      for (const room of this.#empty.takeExpired()) this.#forget(room);
    });
    const { state } = options;
    if (state.kind === "memory") return;
    for (const { facts, past } of state.rooms) this.#start(facts, past, []);
  }

  /** Rooms that can be entered. */
  get size(): number {
    return this.#open.size;
  }

  get(name: string): Room | undefined {
    return this.#open.get(name);
  }

  /**
   * The name of another room that this name of none looks like: the lobby's, or that of a room that is there. No room may be
   * opened under it. Rooms that an earlier server kept may look alike, and stay as they are.
   */
  lookalike(name: string): string | undefined {
    if (name === LOBBY || this.#open.has(name)) return undefined;
    const skeleton = skeletonOf(name);
    if (skeleton === lobbySkeleton) return LOBBY;
    for (const [other, otherSkeleton] of this.#skeletons) if (otherSkeleton === skeleton) return other;
    return undefined;
  }

  /**
   * The room with this name, a new one where there is none: "too many" where the person has opened
   * `limits.roomsOpenedPerPerson` that are still there, "full" at `limits.roomsMax`. No room gives way to another. The lobby
   * counts in neither, and is always public. While all close, there are no new ones. Throws where the name looks like another
   * room's, see `lookalike`.
   */
  open(name: string, opening: Opening): Room | "too many" | "full" | "closed" {
    const open = this.#open.get(name);
    if (open) return open;
    if (this.#isClosing) return "closed";
    if (name === LOBBY) return this.#begin(name, { isPrivate: false, openedBy: undefined });
    if (this.lookalike(name) !== undefined) throw new Error(`the room ${name} looks like another`);
    if (this.#openedCount(opening.openedBy) >= limits.roomsOpenedPerPerson) return "too many";
    if (this.#open.size >= limits.roomsMax) return "full";
    return this.#begin(name, opening);
  }

  /** Closes every room, and settles when everything that was accepted is in their logs. After a restart the rooms are there again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const room of this.#open.values()) room.close();
    await Promise.all(this.#lives);
    this.#open.clear();
    this.#skeletons.clear();
    this.#openedBy.clear();
    this.#empty.clear();
  }

  #begin(name: string, opening: Opening): Room {
    const { clock, random } = this.#options;
    const epoch = newEpoch(random);
    const facts = { name, ...opening, openedAt: clock.now() };
    const past = { epoch, messages: [], nonces: [], people: [], guests: [], invitationsVoidToMs: 0 };
    return this.#start(facts, past, [{ kind: "opened", facts }]);
  }

  /** @param news what is to be kept of the room beside what happens in it. */
  #start({ name, isPrivate, openedBy }: RoomFacts, past: Past, news: readonly Upkeep[]): Room {
    const { logger, history, historyBudget, connectionsMax, clock } = this.#options;
    const historyBytes = name === LOBBY ? limits.historyBytes : limits.roomHistoryBytes;
    const peopleChanged = (people: number) => this.#peopleChanged(room, people);
    const bounds = { history, historyBytes, historyBudget, connectionsMax };
    const journal = this.#journal(past.epoch, news);
    const room = new Room({ name, isPrivate, openedBy, past, journal, ...bounds, clock, peopleChanged });
    this.#open.set(name, room);
    this.#countOpened(openedBy, 1);
    if (name !== LOBBY) this.#skeletons.set(name, skeletonOf(name));
    this.#peopleChanged(room, room.people);
    const ended = (ending: Ending) => {
      // While all close, the name stays taken: a new room of that name would be found in its place after a restart.
      if (!this.#isClosing) this.#forget(room);
      if (ending.kind === "failed" || !this.#isClosing) room.erase();
      this.#lives.delete(life);
    };
    const life = spawn(`room ${name}`, logger, () => room.run(), ended);
    this.#lives.add(life);
    return room;
  }

  #journal(epoch: string, owed: readonly Upkeep[]): OpenJournal {
    const { state } = this.#options;
    if (state.kind === "memory") return (inbox) => new MemoryJournal(inbox);
    const { store } = state;
    return (inbox) => new DiskJournal({ inbox, store, write: writeRoom(epoch), owed });
  }

  #openedCount(person: PersonId | undefined): number {
    return person === undefined ? 0 : (this.#openedBy.get(person) ?? 0);
  }

  #countOpened(person: PersonId | undefined, more: 1 | -1): void {
    if (person === undefined) return;
    const count = this.#openedCount(person) + more;
    if (count > 0) this.#openedBy.set(person, count);
    else this.#openedBy.delete(person);
  }

  #peopleChanged(room: Room, people: number): void {
    if (room.name === LOBBY || this.#open.get(room.name) !== room) return;
    if (people === 0) this.#empty.set(room.name, room);
    else this.#empty.delete(room.name);
  }

  /** Closes a room and frees its name at once, while the room does what it had accepted. Again: does nothing. */
  #forget(room: Room): void {
    if (this.#open.get(room.name) !== room) return;
    this.#open.delete(room.name);
    this.#skeletons.delete(room.name);
    this.#empty.delete(room.name);
    this.#countOpened(room.openedBy, -1);
    room.close();
  }
}

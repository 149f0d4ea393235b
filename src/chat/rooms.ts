import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { limits } from "../limits.ts";
import { Expiries } from "./expiries.ts";
import { Room, type RoomOptions } from "./room.ts";

/** The room of everybody who asks for no other: always open to all, and never forgotten. */
export const LOBBY = "lobby";

type RoomsOptions = Pick<RoomOptions, "history" | "histories" | "clientsMax" | "clock" | "random"> & {
  logger: Logger;
};

/**
 * Owns the rooms: opens one when it is first asked for, and a new one in its place when one has failed. One that has been
 * empty for `limits.roomEmptyMs` is closed and forgotten, with all that was said in it.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  /** Those that can be entered. */
  readonly #open = new Map<string, Room>();
  /** Those of them, but the lobby, that have nobody in them. */
  readonly #empty: Expiries<string, Room>;
  /** The ends of the lives of those that live, also of closed ones that have something left to do. */
  readonly #lives = new Set<Promise<void>>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#empty = new Expiries(limits.roomEmptyMs, options.clock, () => {
      for (const room of this.#empty.takeExpired()) this.#forget(room);
    });
  }

  /** Those that can be entered. */
  get size(): number {
    return this.#open.size;
  }

  get(name: string): Room | undefined {
    return this.#open.get(name);
  }

  /**
   * The room with this name, a new one where there is none. Over `limits.roomsMax` the one that has been empty longest is
   * forgotten, or, where there is none, it is "full"; never for the lobby, which is always public, too.
   */
  open(name: string, { private: isPrivate }: { private: boolean }): Room | "full" {
    const open = this.#open.get(name);
    if (open) return open;
    if (name === LOBBY) return this.#start(name, false, limits.historyBytes);
    if (this.#open.size >= limits.roomsMax) {
      const [longest] = this.#empty.values();
      if (longest === undefined) return "full";
      this.#forget(longest);
    }
    return this.#start(name, isPrivate, limits.roomHistoryBytes);
  }

  /** Closes every room and waits until all that was accepted is in their logs. */
  async close(): Promise<void> {
    for (const room of this.#open.values()) room.close();
    await Promise.all(this.#lives);
  }

  #start(name: string, isPrivate: boolean, historyBytes: number): Room {
    const { logger, ...options } = this.#options;
    const peopled = (people: number) => this.#peopled(room, people);
    const room = new Room({ ...options, name, isPrivate, historyBytes, peopled });
    this.#open.set(name, room);
    this.#peopled(room, 0);
    const life = spawn(`room ${name}`, logger, () => room.run()).then(() => {
      this.#forget(room);
      this.#lives.delete(life);
    });
    this.#lives.add(life);
    return room;
  }

  #peopled(room: Room, people: number): void {
    if (room.name === LOBBY || this.#open.get(room.name) !== room) return;
    if (people === 0) this.#empty.set(room.name, room);
    else this.#empty.delete(room.name);
  }

  /** Its name is free at once, while it does what it had accepted. Again: does nothing. */
  #forget(room: Room): void {
    if (this.#open.get(room.name) !== room) return;
    this.#open.delete(room.name);
    this.#empty.delete(room.name);
    room.close();
  }
}

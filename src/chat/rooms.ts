import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Room, type RoomOptions } from "./room.ts";

/** The room everybody is in until there are more. */
export const LOBBY = "lobby";

interface RoomsOptions extends RoomOptions {
  logger: Logger;
}

/** Owns the rooms: opens one when it is first asked for, and a new one in its place when one has failed. */
export class Rooms {
  readonly #options: RoomsOptions;
  /** Rooms that live, and the ends of their lives. */
  readonly #open = new Map<string, { room: Room; ended: Promise<void> }>();

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  get(name: string): Room {
    return this.#open.get(name)?.room ?? this.#start(name);
  }

  /** Closes every room and waits until all that was accepted is in their logs. */
  async close(): Promise<void> {
    const lives = [...this.#open.values()];
    for (const { room } of lives) room.close();
    await Promise.all(lives.map(({ ended }) => ended));
  }

  #start(name: string): Room {
    const room = new Room(this.#options);
    const life = spawn(`room ${name}`, this.#options.logger, () => room.run());
    const ended = life.then(() => void this.#open.delete(name));
    this.#open.set(name, { room, ended });
    return room;
  }
}

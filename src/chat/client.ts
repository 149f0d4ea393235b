import type { Follower } from "../channel/log.ts";
import type { RoomMessage } from "./message.ts";
import type { User } from "./user.ts";

/** What a client does in its room. */
interface Host {
  follow(since: number): Follower<RoomMessage>;
  say(user: User, text: string): Promise<boolean>;
  leave(user: User): Promise<boolean>;
}

/** Where a client's messages go, at the pace at which it takes them. */
export interface Outlet {
  /** Takes messages in order, the first ones or all of them. Returns how many it took. */
  deliver(messages: readonly RoomMessage[]): number;
  /** Settles when it takes more. */
  ready(): Promise<void>;
  /** Messages number `first` to `last` are gone: this client read too slowly. It goes on, or stops. */
  missed(first: number, last: number): "go on" | "stop";
}

/**
 * One membership: one connection of a user in one room. Several clients may belong to the same user, one for each tab.
 */
export class Client {
  readonly user: User;
  readonly #room: Host;
  readonly #messages: Follower<RoomMessage>;

  /** Made by the room when somebody comes in. @param since the last message before that. */
  constructor(user: User, room: Host, since: number) {
    this.user = user;
    this.#room = room;
    this.#messages = room.follow(since);
  }

  /**
   * The client's life: everything the room says from its coming in on, until it leaves, is told to stop, or the
   * room ends. While its outlet is full it holds its place in the room's log, and nothing else.
   */
  async run(outlet: Outlet): Promise<void> {
    for await (const batch of this.#messages) {
      switch (batch.kind) {
        case "entries": {
          const taken = outlet.deliver(batch.entries);
          if (taken === batch.entries.length) break;
          this.#messages.rewind(batch.first + taken - 1);
          await outlet.ready();
          break;
        }
        case "gap":
          if (outlet.missed(batch.first, batch.last) === "stop") return;
      }
    }
  }

  /** Says something to the room. Waits while the room is busy; false when the room is closed. */
  say(text: string): Promise<boolean> {
    return this.#room.say(this.user, text);
  }

  /** Ends the client's life and tells the room. */
  async leave(): Promise<void> {
    await this.#messages.return();
    await this.#room.leave(this.user);
  }
}

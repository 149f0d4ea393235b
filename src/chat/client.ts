import type { Follower } from "../log/log.ts";
import type { Post, RoomMessage, Signal } from "./message.ts";
import { nobodyTypes, type Signals } from "./presence.ts";
import type { User } from "./user.ts";

/** A room as its clients know it. */
export interface Host {
  readonly name: string;
  readonly epoch: string;
  readonly isPrivate: boolean;
  older(before: number): Older;
  follow(since: number): Follower<RoomMessage>;
  /** The newest; followers are nudged when there are others. */
  readonly signals: Signals;
  post(user: User, post: Post, nonce: string | undefined): Promise<Answer>;
  typing(user: User): void;
  leave(user: User, how: Leaving): Promise<boolean>;
}

/** For good, or the connection was lost and may be back. */
export type Leaving = "left" | "lost";

/** What became of something a client asked of its room. */
export type Answer =
  /** It is in the log under this number; also when it was asked for again, with the same nonce. */
  | { kind: "done"; seq: number }
  /** Not a line of the user's own that the log still has. */
  | { kind: "not yours" }
  /** It cannot be saved now, so it is not done: the disk is full or broken. */
  | { kind: "not saved" }
  /** The room is closed, or the client has left it. */
  | { kind: "closed" };

/** How somebody came into a room. */
export interface Entry {
  client: Client;
  /** The oldest number that the room's log has. */
  first: number;
  /** The newest. */
  last: number;
  /** What the client hears begins behind this number. */
  from: number;
}

/** Earlier messages, in order. */
export interface Older {
  /** The oldest number that the room's log has. */
  first: number;
  messages: readonly RoomMessage[];
}

/** Where a client's messages go, at the pace at which it takes them. */
export interface Outlet {
  /** Takes messages in order, the first ones or all of them. Returns how many it took. */
  deliver(messages: readonly RoomMessage[]): number;
  /** Takes a signal, or not. One that it does not take is offered again, or a newer one of the same kind. */
  signal(signal: Signal): boolean;
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
  readonly room: Host;
  readonly #feed: Follower<RoomMessage>;
  /** The signals that were told last. */
  #presence: Signal | undefined;
  #typing = nobodyTypes;
  #hasLeft = false;

  /** Made by the room when somebody comes in. @param since what it hears begins behind this message. */
  constructor(user: User, room: Host, since: number) {
    this.user = user;
    this.room = room;
    this.#feed = room.follow(since);
  }

  /**
   * The client's life: everything the room says from its coming in on, until it leaves, is told to stop, or the
   * room ends. While its outlet is full it holds its place in the room's log, and nothing else.
   */
  async run(outlet: Outlet): Promise<void> {
    try {
      for await (const batch of this.#feed) {
        switch (batch.kind) {
          case "entries": {
            const taken = outlet.deliver(batch.entries);
            if (taken === batch.entries.length) break;
            this.#feed.rewind(batch.first + taken - 1);
            await outlet.ready();
            break;
          }
          case "gap":
            if (outlet.missed(batch.first, batch.last) === "stop") return;
            break;
          case "nudge":
            while (!this.#signal(outlet)) await outlet.ready();
        }
      }
    } finally {
      await this.#feed.return();
    }
  }

  /** Says something to the room. Waits while the room is busy. */
  say(text: string, nonce?: string): Promise<Answer> {
    return this.#post({ kind: "text", text }, nonce);
  }

  /** Gives the user's own line `of` a new text. */
  edit(of: number, text: string, nonce: string): Promise<Answer> {
    return this.#post({ kind: "edited", of, text }, nonce);
  }

  /** Takes the user's own line `of` back: the room forgets its text. */
  remove(of: number, nonce: string): Promise<Answer> {
    return this.#post({ kind: "deleted", of }, nonce);
  }

  /** The user types. Holds for `limits.typingMs`; forgotten where the room is busy, for it is said again. */
  typing(): void {
    if (!this.#hasLeft) this.room.typing(this.user);
  }

  /** Ends the client's life and tells the room. Again: does nothing. */
  async leave(how: Leaving): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    await this.#feed.return();
    await this.room.leave(this.user, how);
  }

  async #post(post: Post, nonce: string | undefined): Promise<Answer> {
    return this.#hasLeft ? { kind: "closed" } : this.room.post(this.user, post, nonce);
  }

  /** Only the newest signals count, and what has not changed is not told again. False where some are left to tell. */
  #signal(outlet: Outlet): boolean {
    if (this.#hasLeft) return true;
    const { presence, typing } = this.room.signals;
    if (this.#presence !== presence && outlet.signal(presence)) this.#presence = presence;
    if (this.#typing !== typing && outlet.signal(typing)) this.#typing = typing;
    return this.#presence === presence && this.#typing === typing;
  }
}

import type { Follower } from "../channel/log.ts";
import type { Post, RoomMessage, Signal } from "./message.ts";
import { nobodyTypes, type Signals } from "./signals.ts";
import type { User } from "./user.ts";

/** A room as its clients know it. */
export interface Host {
  readonly name: string;
  readonly epoch: string;
  readonly isPrivate: boolean;
  older(before: number): Older;
  follow(since: number): Follower<RoomMessage>;
  /** The newest signals, then each that follows, as long as they are followed fast enough. */
  followSignals(): Follower<Signals>;
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
  /** Whether it wants signals at all. */
  readonly hearsSignals: boolean;
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
  readonly #messages: Follower<RoomMessage>;
  readonly #signals: Follower<Signals>;
  #hasLeft = false;

  /** Made by the room when somebody comes in. @param since what it hears begins behind this message. */
  constructor(user: User, room: Host, since: number) {
    this.user = user;
    this.room = room;
    this.#messages = room.follow(since);
    this.#signals = room.followSignals();
  }

  /**
   * The client's life: everything the room says from its coming in on, until it leaves, is told to stop, or the
   * room ends. While its outlet is full it holds its place in the room's log, and nothing else.
   */
  async run(outlet: Outlet): Promise<void> {
    if (outlet.hearsSignals) await Promise.all([this.#hearMessages(outlet), this.#hearSignals(outlet)]);
    else await this.#hearMessages(outlet);
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
    await this.#stop();
    await this.room.leave(this.user, how);
  }

  async #stop(): Promise<void> {
    await this.#messages.return();
    await this.#signals.return();
  }

  async #post(post: Post, nonce: string | undefined): Promise<Answer> {
    return this.#hasLeft ? { kind: "closed" } : this.room.post(this.user, post, nonce);
  }

  async #hearMessages(outlet: Outlet): Promise<void> {
    try {
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
    } finally {
      await this.#stop();
    }
  }

  /** Only the newest signals count, so what was missed is no gap, and what has not changed is not told again. */
  async #hearSignals(outlet: Outlet): Promise<void> {
    let presence: Signal | undefined;
    let typing = nobodyTypes;
    try {
      for await (const batch of this.#signals) {
        const newest = batch.kind === "entries" ? batch.entries.at(-1) : undefined;
        if (newest === undefined) continue;
        if (presence !== newest.presence && outlet.signal(newest.presence)) presence = newest.presence;
        if (typing !== newest.typing && outlet.signal(newest.typing)) typing = newest.typing;
        if (presence === newest.presence && typing === newest.typing) continue;
        this.#signals.rewind(batch.first - 1);
        await outlet.ready();
      }
    } catch (error) {
      await this.#stop();
      throw error;
    }
  }
}

import type { Follower } from "../log/log.ts";
import type { User } from "../people/user.ts";
import type { Post, RoomMessage, Signal } from "./message.ts";
import { nobodyTypes, type Signals } from "./presence.ts";
import type { Room } from "./room.ts";
import type { Leaving, PostAnswer } from "./room-commands.ts";

/** Where a client delivers what its room says, at the pace at which it is taken. */
export interface MessageSink {
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
  readonly room: Room;
  readonly #feed: Follower<RoomMessage, Signals>;
  /** The signals that were delivered last. */
  #presence: Signal | undefined;
  #typing = nobodyTypes;
  #hasLeft = false;

  /** Of a user whom the room has let in. @param from what it hears begins behind this number. */
  constructor(user: User, room: Room, from: number) {
    this.user = user;
    this.room = room;
    this.#feed = room.follow(from);
  }

  /**
   * The client's life: everything the room says from its coming in on, until it leaves, is told to stop, or the
   * room ends. While its sink is full it holds its place in the room's log, and nothing else.
   */
  async run(sink: MessageSink): Promise<void> {
    try {
      for await (const news of this.#feed) {
        switch (news.kind) {
          case "entries": {
            const taken = sink.deliver(news.entries);
            if (taken === news.entries.length) break;
            this.#feed.rewind(news.first + taken - 1);
            await sink.ready();
            break;
          }
          case "gap":
            if (sink.missed(news.first, news.last) === "stop") return;
            break;
          case "latest":
            if (this.#signal(sink, news.value)) break;
            this.#feed.rewind(this.#feed.cursor);
            await sink.ready();
        }
      }
    } finally {
      await this.#feed.return();
    }
  }

  /** Says something to the room. Waits while the room is busy. */
  say(text: string, nonce?: string): Promise<PostAnswer> {
    return this.#post({ kind: "text", text }, nonce);
  }

  /** Gives the user's own line `of` a new text. */
  edit(of: number, text: string, nonce: string): Promise<PostAnswer> {
    return this.#post({ kind: "edited", of, text }, nonce);
  }

  /** Takes the user's own line `of` back: the room forgets its text. */
  remove(of: number, nonce: string): Promise<PostAnswer> {
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

  async #post(post: Post, nonce: string | undefined): Promise<PostAnswer> {
    return this.#hasLeft ? { kind: "closed" } : this.room.post(this.user, post, nonce);
  }

  /** Delivers what has changed. False where the sink did not take all of it. */
  #signal(sink: MessageSink, { presence, typing }: Signals): boolean {
    if (this.#presence !== presence && sink.signal(presence)) this.#presence = presence;
    if (this.#typing !== typing && sink.signal(typing)) this.#typing = typing;
    return this.#presence === presence && this.#typing === typing;
  }
}

import { Channel } from "../channel/channel.ts";
import type { Follower } from "../channel/log.ts";
import { limits } from "../limits.ts";
import { type Clock, nextTurn } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import { type Answer, Client, type Entry, type Host, type Leaving, type Older } from "./client.ts";
import { Expiries } from "./expiries.ts";
import type { Histories } from "./histories.ts";
import type { Post, RoomMessage } from "./message.ts";
import { Roster } from "./roster.ts";
import { SignalBoard, type Signals } from "./signals.ts";
import { type Place, Transcript } from "./transcript.ts";
import type { NameKey, User } from "./user.ts";

/** What a room can be asked. Its mailbox holds nothing else. */
type RoomCommand =
  | { kind: "enter"; user: User; since: Since; answer: (entry: Entry | "closed") => void }
  | { kind: "post"; user: User; post: Post; nonce: string | undefined; answer: (answer: Answer) => void }
  | { kind: "typing"; user: User }
  | { kind: "leave"; user: User; how: Leaving }
  /** A timer has come. */
  | { kind: "due" };

/** Where somebody goes on who comes in; "now": with what happens from then on. */
type Since = Place | "now" | undefined;

export interface RoomOptions {
  name: string;
  isPrivate: boolean;
  /** Messages the room keeps … */
  history: number;
  /** … and their bytes. */
  historyBytes: number;
  histories: Histories;
  /** Connections the server takes. */
  clientsMax: number;
  clock: Clock;
  random: Random;
  /** Hears how many people are in the room whenever that changes. */
  peopled: (people: number) => void;
}

/**
 * The actor that owns a room: who is in it, and the log of what was said. It takes commands one at a time, appends,
 * and never waits for a reader: those follow the log, each at its own pace.
 */
export class Room implements Host {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly #clock: Clock;
  readonly #inbox: Channel<RoomCommand>;
  readonly #peopled: (people: number) => void;
  // Only `run` changes these.
  readonly #transcript: Transcript;
  readonly #roster: Roster;
  readonly #typing: Expiries<NameKey, User>;
  readonly #signals: SignalBoard;
  /** How to answer those who wait that the room is closed, so that nobody waits for ever when it ends. */
  readonly #waiting = new Set<() => void>();
  /** A "due" is in the inbox: one does for all timers. */
  #isDue = false;

  constructor(options: RoomOptions) {
    const { name, isPrivate, clientsMax, clock, random, peopled } = options;
    this.name = name;
    this.isPrivate = isPrivate;
    this.#clock = clock;
    this.#peopled = peopled;
    this.#inbox = new Channel({
      capacity: limits.roomInbox,
      bytes: { max: limits.roomInboxBytes, of: commandBytes },
      // A connection waits with one command; those that leave are on top, and one "due".
      waitingSenders: 2 * clientsMax + 1,
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    });
    const epoch = Buffer.from(random(EPOCH_BYTES)).toString("base64url");
    this.#transcript = new Transcript({ ...options, epoch });
    const due = () => this.#askDue();
    this.#roster = new Roster(clock, due);
    this.#typing = new Expiries(limits.typingMs, clock, due);
    this.#signals = new SignalBoard({ presence: this.#roster, typing: this.#typing }, clock, due);
  }

  /** Changes when the log is lost; the same number in another epoch is another message. */
  get epoch(): string {
    return this.#transcript.epoch;
  }

  /** The room's life. It ends when the room is closed and everything asked of it is done. */
  async run(): Promise<void> {
    try {
      for await (const command of this.#inbox) {
        this.#handle(command);
        if (this.#transcript.crowded) await nextTurn(this.#clock);
      }
    } finally {
      this.#inbox.close();
      this.#transcript.close();
      this.#signals.close();
      this.#roster.close();
      this.#typing.clear();
      for (const refuse of this.#waiting) refuse();
    }
  }

  /**
   * Asks to come in. Waits while the room is busy. What the client hears goes on exactly where it was, or begins with the
   * last messages, or with what happens from "now" on, its own coming in included.
   */
  enter(user: User, since?: Place | "now"): Promise<Entry | "closed"> {
    return this.#ask<Entry | "closed">("closed", (answer) => ({ kind: "enter", user, since, answer }));
  }

  /** Puts something into the log, once for each nonce of the user's. Waits while the room is busy. */
  post(user: User, post: Post, nonce: string | undefined): Promise<Answer> {
    return this.#ask<Answer>({ kind: "closed" }, (answer) => ({ kind: "post", user, post, nonce, answer }));
  }

  /** Does nothing while the room is busy. */
  typing(user: User): void {
    this.#inbox.trySend({ kind: "typing", user });
  }

  /** Takes one of the user's clients out. Waits while the room is busy; false when the room is closed. */
  leave(user: User, how: Leaving): Promise<boolean> {
    return this.#inbox.send({ kind: "leave", user, how });
  }

  /** Everything after message number `since`, in order, for as long as the room lives. */
  follow(since: number): Follower<RoomMessage> {
    return this.#transcript.follow(since);
  }

  followSignals(): Follower<Signals> {
    return this.#signals.follow();
  }

  /** The messages before number `before` that the log still has: the newest of them, in order. */
  older(before: number): Older {
    return this.#transcript.older(before);
  }

  /** Takes no more commands, and nobody in; what was accepted is still done, and every follower still gets all of it. */
  close(): void {
    this.#inbox.close();
  }

  #handle(command: RoomCommand): void {
    switch (command.kind) {
      case "enter":
        command.answer(this.#enter(command.user, command.since));
        break;
      case "post":
        command.answer(this.#post(command.user, command.post, command.nonce));
        break;
      case "typing":
        if (this.#typing.set(command.user.key, command.user)) this.#signals.change("typing");
        break;
      case "leave":
        if (this.#roster.leave(command.user, command.how)) this.#gone(command.user);
        break;
      case "due":
        this.#due();
    }
  }

  /** A room that closes has nothing to come in for. */
  #enter(user: User, since: Since): Entry | "closed" {
    if (this.#inbox.closed) return "closed";
    const place = since === "now" ? this.#transcript.last : this.#transcript.find(since);
    if (this.#roster.enter(user)) {
      if (this.#roster.size <= limits.announcedPeople) this.#transcript.append(user, { kind: "entered" });
      this.#peopleChanged();
    }
    const { first, last, recent } = this.#transcript;
    const from = place ?? recent;
    return { client: new Client(user, this, from), first, last, from };
  }

  #post(user: User, post: Post, nonce: string | undefined): Answer {
    const known = nonce === undefined ? undefined : this.#transcript.nonces.get(user, nonce);
    if (known !== undefined) return { kind: "done", seq: known };
    const seq = this.#transcript.post(user, post);
    if (seq === undefined) return { kind: "not yours" };
    if (nonce !== undefined) this.#transcript.nonces.add(user, nonce, seq);
    this.#typesNoMore(user);
    return { kind: "done", seq };
  }

  #due(): void {
    this.#isDue = false;
    const gone = this.#roster.takeGone();
    if (gone !== undefined) {
      this.#gone(gone);
      this.#askDue(); // one at a time, so that the readers get their turns when many were lost at once
    }
    if (this.#typing.takeExpired().length > 0) this.#signals.change("typing");
    this.#signals.tell();
  }

  #gone(user: User): void {
    if (this.#roster.size < limits.announcedPeople) this.#transcript.append(user, { kind: "left" });
    this.#typesNoMore(user);
    this.#peopleChanged();
  }

  #typesNoMore(user: User): void {
    if (this.#typing.delete(user.key)) this.#signals.change("typing");
  }

  #peopleChanged(): void {
    this.#signals.change("presence");
    this.#peopled(this.#roster.size);
  }

  #askDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    void this.#inbox.send({ kind: "due" });
  }

  /**
   * Sends a command that is answered once: by the room, or with `closed` when it takes no more or has ended. The loop
   * that waits for the next command may still hold this one, so with the answer given, nothing hangs on it.
   */
  #ask<T>(closed: T, command: (answer: (value: T) => void) => RoomCommand): Promise<T> {
    return new Promise((resolve, failed) => {
      let settle = resolve;
      const refuse = () => answer(closed);
      const answer = (value: T) => {
        this.#waiting.delete(refuse);
        settle(value);
        settle = () => {};
      };
      this.#waiting.add(refuse);
      this.#inbox.send(command(answer)).then((accepted) => {
        if (!accepted) refuse();
      }, failed);
    });
  }
}

/** Enough that no two logs ever have the same epoch. */
const EPOCH_BYTES = 9;

/** A string holds up to 2 bytes a character. */
function commandBytes(command: RoomCommand): number {
  return command.kind === "post" && "text" in command.post ? 2 * command.post.text.length : 0;
}

import { Ask } from "../actor/ask.ts";
import { ExpiringMap } from "../actor/expiring-map.ts";
import { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { Follower } from "../log/log.ts";
import { type Clock, nextTurn } from "../system/clock.ts";
import { type Answer, Client, type Entry, type Host, type Leaving, type Older } from "./client.ts";
import { Guests } from "./guests.ts";
import type { Post, RoomMessage } from "./message.ts";
import { SignalBoard, type Signals } from "./presence.ts";
import { commandBytes, type PostCommand, type RoomCommand } from "./room-command.ts";
import type { RoomOptions } from "./room-options.ts";
import type { RoomRecord } from "./room-record.ts";
import { Roster } from "./roster.ts";
import { type Place, Transcript } from "./transcript.ts";
import type { NameKey, User } from "./user.ts";

/**
 * The actor that owns a room: who is in it, and the log of what was said. It takes the commands that wait, one by one,
 * saves what they lead to as one where the server keeps its state, and only then publishes and answers it: so nobody has
 * seen what a crash could lose. It never waits for a reader: those follow the log, each at its own pace.
 */
export class Room implements Host {
  readonly name: string;
  readonly isPrivate: boolean;
  /** Whom it lets in without an invitation, where it is private. */
  readonly guests: Guests;
  readonly #clock: Clock;
  readonly #inbox: Channel<RoomCommand>;
  readonly #asks: Ask<RoomCommand>;
  readonly #peopled: (people: number) => void;
  // Only `run` changes these.
  readonly #transcript: Transcript;
  readonly #roster: Roster;
  readonly #record: RoomRecord;
  /** What those are told whose commands are done, once all of it is saved. */
  #answers: (() => void)[] = [];
  readonly #typing: ExpiringMap<NameKey, User>;
  readonly #signals: SignalBoard;
  /** A "due" is in the inbox: one does for all timers. */
  #isDue = false;

  constructor({ name, isPrivate, past, record, peopled, ...options }: RoomOptions) {
    const { clock, connectionsMax } = options;
    this.name = name;
    this.isPrivate = isPrivate;
    this.#clock = clock;
    this.#peopled = peopled;
    this.#record = record;
    this.#inbox = new Channel({
      capacity: limits.roomInbox,
      bytes: { max: limits.roomInboxBytes, of: commandBytes },
      // A connection waits with one command; those that leave are on top, and one "due".
      waitingSenders: 2 * connectionsMax + 1,
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    });
    this.#asks = new Ask(this.#inbox);
    this.#transcript = new Transcript({ ...options, ...past });
    this.guests = new Guests(options.historyBudget.bytes, past.guests, record);
    const due = () => this.#askDue();
    this.#roster = new Roster(past.people, clock, due);
    this.#typing = new ExpiringMap(limits.typingMs, clock, due);
    const told = () => this.#transcript.nudge();
    this.#signals = new SignalBoard({ presence: this.#roster, typing: this.#typing }, { clock, due, told });
    if (this.people > 0) this.#signals.change("presence");
  }

  /** Changes when the log is lost; the same number in another epoch is another message. */
  get epoch(): string {
    return this.#transcript.epoch;
  }

  /** How many people are in it. */
  get people(): number {
    return this.#roster.size;
  }

  /** The room's life. It ends when the room is closed and everything asked of it is done. */
  async run(): Promise<void> {
    try {
      for await (const commands of this.#inbox.batches(limits.messagesPerTurn)) {
        for (const command of commands) this.#handle(command);
        await this.#conclude();
      }
      await this.#conclude(); // what could not be saved before
    } finally {
      this.#inbox.close();
      this.#transcript.close();
      this.guests.leavePool();
      this.#signals.close();
      this.#roster.close();
      this.#typing.clear();
      this.#asks.refuseAll();
    }
  }

  /**
   * Ask to come in. Waits while the room is busy. What the client hears goes on exactly where it was, or begins with the
   * last messages, or with what happens from "now" on, its own coming in included.
   */
  enter(user: User, since?: Place | "now"): Promise<Entry | "closed"> {
    return this.#asks.ask<Entry | "closed">("closed", (answer) => ({ kind: "enter", user, since, answer }));
  }

  /** Puts something into the log, once for each nonce of the user's. Waits while the room is busy. */
  post(user: User, post: Post, nonce: string | undefined): Promise<Answer> {
    const command = { kind: "post", user, post, nonce } as const;
    return this.#asks.ask<Answer>({ kind: "closed" }, (answer) => ({ ...command, answer }));
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

  get signals(): Signals {
    return this.#signals.newest;
  }

  /** The messages before number `before` that the log still has: the newest of them, in order. */
  older(before: number): Older {
    return this.#transcript.older(before);
  }

  /** Takes no more commands, and nobody in; what was accepted is still done, and every follower still gets all of it. */
  close(): void {
    this.#inbox.close();
  }

  /** The room has ended, and is not to be found again after a restart either. */
  erase(): void {
    this.#record.erase({
      last: this.#transcript.last,
      nonces: this.#transcript.nonces.seqs(),
      people: this.#roster.values(),
      guests: this.guests.values(),
    });
  }

  #handle(command: RoomCommand): void {
    switch (command.kind) {
      case "enter":
        this.#enter(command);
        break;
      case "post":
        this.#post(command);
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
  #enter({ user, since, answer }: Extract<RoomCommand, { kind: "enter" }>): void {
    if (this.#inbox.closed) {
      answer("closed");
      return;
    }
    const place = since === "now" ? this.#transcript.drafted : this.#transcript.find(since);
    if (this.#roster.enter(user)) {
      if (this.people <= limits.announcedPeople) this.#transcript.add(user, { kind: "entered" });
      this.#record.came(user);
      this.#peopleChanged();
    }
    this.#answers.push(() => {
      const { first, last, recent } = this.#transcript;
      const from = Math.min(place ?? recent, last); // where the draft could not be saved, it is not there
      answer({ client: new Client(user, this, from), first, last, from });
    });
  }

  #post({ user, post, nonce, answer }: PostCommand): void {
    const known = nonce === undefined ? undefined : this.#transcript.nonces.get(user, nonce);
    const seq = known ?? this.#transcript.post(user, post);
    if (seq === undefined) {
      answer({ kind: "not yours" });
      return;
    }
    if (known === undefined) this.#typesNoMore(user);
    if (known === undefined && nonce !== undefined) this.#transcript.nonces.add(user, nonce, seq);
    const isDone = () => seq <= this.#transcript.last; // the draft was not dropped
    this.#answers.push(() => answer(isDone() ? { kind: "done", seq } : { kind: "not saved" }));
  }

  /** Saves what was done, publishes it, and answers. What cannot be saved is as if it had not been asked for. */
  async #conclude(): Promise<void> {
    const { draft, first } = this.#transcript;
    const saving = this.#record.save(draft, this.#transcript.nonces.draft, first);
    if (saving !== undefined && (await saving) === "failed") {
      this.#transcript.drop();
      this.#transcript.nonces.drop();
    }
    this.#record.forgot(this.#transcript.nonces.keep());
    for (const _ of this.#transcript.publish()) if (this.#transcript.crowded) await nextTurn(this.#clock);
    for (const answer of this.#answers.splice(0)) answer();
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
    if (this.people < limits.announcedPeople) this.#transcript.add(user, { kind: "left" });
    this.#record.went(user);
    this.#typesNoMore(user);
    this.#peopleChanged();
  }

  #typesNoMore(user: User): void {
    if (this.#typing.delete(user.key)) this.#signals.change("typing");
  }

  #peopleChanged(): void {
    this.#signals.change("presence");
    this.#peopled(this.people);
  }

  #askDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    void this.#inbox.send({ kind: "due" });
  }
}

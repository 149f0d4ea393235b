import { Ask } from "../actor/ask.ts";
import { ExpiringMap } from "../actor/expiring-map.ts";
import { Channel } from "../channel/channel.ts";
import type { Inbox, Journal } from "../journal/journal.ts";
import { limits } from "../limits.ts";
import { type Follower, Log } from "../log/log.ts";
import type { HistoryBudget } from "../memory/history-budget.ts";
import type { Author, NameKey, PersonId, User } from "../people/user.ts";
import type { SaveOutcome } from "../store/store.ts";
import { type Clock, nextTurn } from "../system/clock.ts";
import { messageBytes, type Post, type RoomMessage } from "./message.ts";
import { SignalBoard, type Signals } from "./presence.ts";
import {
  type EnterAnswer,
  type EnterCommand,
  type GraceOverCommand,
  inputBytes,
  type Leaving,
  type Older,
  type OrderedCommand,
  type PostAnswer,
  type RoomInput,
  type Since,
  type VoidAnswer,
} from "./room-commands.ts";
import { type Past, RoomState, type Upkeep } from "./room-state.ts";
import { apply, type Effect, type EnterVerdict, type PostVerdict, placeOf } from "./rules.ts";

/** Makes the journal of a room over the inbox that the room reads. */
export type OpenJournal = (inbox: Inbox<OrderedCommand>) => Journal<OrderedCommand, Effect | Upkeep>;

/** What a room is made of. */
export interface RoomOptions {
  name: string;
  isPrivate: boolean;
  openedBy: PersonId | undefined;
  /** Messages the room keeps … */
  history: number;
  /** … and their bytes. */
  historyBytes: number;
  /** What all rooms keep. */
  historyBudget: HistoryBudget;
  /** Connections the server takes. */
  connectionsMax: number;
  clock: Clock;
  past: Past;
  journal: OpenJournal;
  /** Told how many people are in the room whenever that changes. */
  peopleChanged: (people: number) => void;
}

/**
 * The actor that owns a room: who is in it, and the log of what was said. It is a loop around the rules: it applies the
 * commands that wait, one by one, has what they lead to kept as one group, and only then publishes and answers it, so that
 * nobody has seen what a crash could lose. It never waits for a reader: those follow the log, each at its own pace.
 */
export class Room {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly openedBy: PersonId | undefined;
  /** Changes when the log is lost; the same number in another epoch is another message. */
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #inbox: Channel<RoomInput>;
  readonly #journal: Journal<OrderedCommand, Effect | Upkeep>;
  readonly #asks: Ask<OrderedCommand>;
  readonly #peopleChanged: (people: number) => void;
  // Only `run` changes these.
  readonly #log: Log<RoomMessage, Signals>;
  readonly #state: RoomState;
  /** What those are told whose commands are in the group, once it is kept. */
  #answers: ((outcome: SaveOutcome) => void)[] = [];
  /** Those who were lost, until their grace is over, and which loss it was. */
  readonly #graces: ExpiringMap<NameKey, Pick<GraceOverCommand, "key" | "loss">>;
  /** A "graceOver" is on its way: one at a time, so that the readers get their turns when many were lost at once. */
  #isGraceEnding = false;
  readonly #typing: ExpiringMap<PersonId, User>;
  readonly #signals: SignalBoard;
  /** A "timer" is in the inbox: one does for all. */
  #isTimerDue = false;

  constructor({ name, isPrivate, openedBy, past, journal, peopleChanged, ...options }: RoomOptions) {
    const { clock, connectionsMax, history, historyBytes, historyBudget } = options;
    this.name = name;
    this.isPrivate = isPrivate;
    this.openedBy = openedBy;
    this.epoch = past.epoch;
    this.#clock = clock;
    this.#peopleChanged = peopleChanged;
    this.#inbox = new Channel({
      capacity: limits.roomInbox,
      bytes: { max: limits.roomInboxBytes, of: inputBytes },
      // A connection waits with one command; those that leave are on top, one "graceOver" and one "timer".
      waitingSenders: 2 * connectionsMax + 2,
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    });
    this.#journal = journal(this.#inbox);
    this.#asks = new Ask(this.#journal);
    const [oldest] = past.messages;
    this.#log = new Log({
      capacity: history,
      bytes: { max: historyBytes, of: messageBytes, budget: historyBudget.bytes },
      turn: (callback) => clock.turn(callback),
      batchBytesMax: limits.batchBytes,
      startsAfter: oldest === undefined ? 0 : oldest.seq - 1,
    });
    this.#state = new RoomState({ isPrivate, past, log: this.#log, historyBytes, historyBudget });
    const due = () => this.#sendTimer();
    this.#graces = new ExpiringMap(limits.graceMs, clock, () => this.#endNextGrace());
    for (const occupant of this.#state.roster.people())
      if (occupant.kind === "lost") this.#startGrace(occupant.user.key, occupant.loss);
    this.#typing = new ExpiringMap(limits.typingMs, clock, due);
    const tell = (signals: Signals) => this.#log.tell(signals);
    this.#signals = new SignalBoard(
      { presence: this.#state.roster, typing: this.#typing },
      { clock, due, tell },
    );
    if (this.people > 0) this.#signals.change("presence");
  }

  /** How many people are in it. */
  get people(): number {
    return this.#state.roster.size;
  }

  /** Invitations that were made up to then are void, ms since the Unix epoch. */
  get invitationsVoidToMs(): number {
    return this.#state.invitationsVoidToMs;
  }

  /** The room's life. It ends when the room is closed and everything asked of it is done. */
  async run(): Promise<void> {
    try {
      let taken = 0;
      for await (const input of this.#inbox) {
        this.#handle(input);
        taken += 1;
        if (this.#inbox.length > 0 && taken < limits.messagesPerTurn) continue;
        taken = 0;
        await this.#conclude();
      }
      await this.#conclude(); // what could not be saved before
    } finally {
      this.#journal.close();
      this.#log.close();
      this.#state.close();
      this.#signals.close();
      this.#graces.clear();
      this.#typing.clear();
      this.#asks.refuseAll();
    }
  }

  /**
   * Asks to come in. Waits while the room is busy. Whoever is let in counts as one more client of the user's, until it is
   * said to `leave`.
   */
  enter(user: User, { since, pass }: Pick<EnterCommand, "since" | "pass">): Promise<EnterAnswer> {
    const command = { kind: "enter", user, since, pass, at: this.#clock.now() } as const;
    return this.#asks.ask<EnterAnswer>({ kind: "closed" }, (answer) => ({ ...command, answer }));
  }

  /** Puts something into the log, once for each nonce of the user's. Waits while the room is busy. */
  post(user: User, post: Post, nonce: string | undefined): Promise<PostAnswer> {
    const command = { kind: "post", user, post, nonce, at: this.#clock.now() } as const;
    return this.#asks.ask<PostAnswer>({ kind: "closed" }, (answer) => ({ ...command, answer }));
  }

  /** Invitations that were made up to now let nobody in any more. */
  voidInvitations(): Promise<VoidAnswer> {
    const command = { kind: "voidInvitations", at: this.#clock.now() } as const;
    return this.#asks.ask<VoidAnswer>({ kind: "closed" }, (answer) => ({ ...command, answer }));
  }

  /** Does nothing while the room is busy. */
  typing(user: User): void {
    this.#inbox.trySend({ kind: "typing", user });
  }

  /** Takes one of the user's clients out. Waits while the room is busy; false when the room is closed. */
  leave(user: User, how: Leaving): Promise<boolean> {
    return this.#journal.send({ kind: "leave", user, how, at: this.#clock.now() });
  }

  /** Everything after message number `since`, in order, and the newest signals, for as long as the room lives. */
  follow(since: number): Follower<RoomMessage, Signals> {
    return this.#log.follow(since);
  }

  /** Up to `limits.olderMessages`, with up to `limits.olderBytes`, from before number `before` backwards. */
  older(before: number): Older {
    const messages: RoomMessage[] = [];
    let bytes = 0;
    for (let seq = Math.min(before - 1, this.#log.last); messages.length < limits.olderMessages; seq -= 1) {
      const message = this.#log.get(seq);
      if (message === undefined) break;
      const more = messageBytes(message);
      if (bytes + more > limits.olderBytes && messages.length > 0) break;
      bytes += more;
      messages.push(message);
    }
    return { first: this.#log.first, messages: messages.reverse(), bytes };
  }

  /** Bytes, as the log counts them, of what somebody would get at once who came in now. */
  bytesSince(since: Since): number {
    let bytes = 0;
    for (let seq = this.#startOf(placeOf(this.#state, since)) + 1; seq <= this.#log.last; seq += 1) {
      const message = this.#log.get(seq);
      if (message !== undefined) bytes += messageBytes(message);
    }
    return bytes;
  }

  /** Takes no more commands, and nobody in; what was accepted is still done, and every follower still gets all of it. */
  close(): void {
    this.#journal.close();
  }

  /** The room has ended, and is not to be found again after a restart either. */
  erase(): void {
    this.#journal.erase(this.#state.remains());
  }

  #handle(input: RoomInput): void {
    switch (input.kind) {
      case "enter":
        this.#enter(input);
        break;
      case "post":
        this.#post(input);
        break;
      case "leave":
        this.#stage(apply(this.#state, input).effects);
        break;
      case "voidInvitations":
        this.#stage(apply(this.#state, input).effects);
        this.#answers.push((outcome) => input.answer({ kind: outcome === "saved" ? "done" : "not saved" }));
        break;
      case "graceOver":
        this.#stage(apply(this.#state, input).effects);
        this.#isGraceEnding = false;
        this.#endNextGrace();
        break;
      case "typing":
        if (this.#typing.set(input.user.id, input.user)) this.#signals.change("typing");
        break;
      case "timer":
        this.#isTimerDue = false;
        if (this.#typing.takeExpired().length > 0) this.#signals.change("typing");
        this.#signals.tell();
    }
  }

  /** A room that closes has nothing to come in for. */
  #enter(command: Extract<OrderedCommand, { kind: "enter" }>): void {
    if (this.#inbox.closed) {
      command.answer({ kind: "closed" });
      return;
    }
    const { effects, verdict } = apply(this.#state, command);
    this.#stage(effects);
    this.#answers.push(() => command.answer(this.#settleEnter(verdict)));
  }

  #post(command: Extract<OrderedCommand, { kind: "post" }>): void {
    const { effects, verdict } = apply(this.#state, command);
    this.#stage(effects);
    this.#answers.push(() => command.answer(this.#settlePost(verdict)));
  }

  /** What could not be saved is not there. */
  #settleEnter(verdict: EnterVerdict): EnterAnswer {
    if (verdict.kind !== "entered") return verdict;
    const { first, last } = this.#log;
    return { kind: "entered", first, last, from: this.#startOf(verdict.from) };
  }

  /** Behind which number somebody hears what is said. */
  #startOf(place: number | "recent"): number {
    const { first, last } = this.#log;
    const recent = Math.max(first - 1, last - limits.joinMessages);
    return place === "recent" ? recent : Math.min(place, last);
  }

  #settlePost(verdict: PostVerdict): PostAnswer {
    const isSaved = verdict.kind === "not yours" || verdict.seq <= this.#log.last;
    return isSaved ? verdict : { kind: "not saved" };
  }

  /** The rules see the effects at once; others hear of entries when they are published. */
  #stage(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.#state.stage(effect);
      switch (effect.kind) {
        case "accepted":
        case "scrubbed":
        case "letIn":
        case "invitationsVoid":
          break;
        case "appended":
          if (effect.message.kind !== "entered") this.#typesNoMore(effect.message.user);
          break;
        case "came":
          this.#peopleHaveChanged();
          break;
        case "present":
          this.#graces.delete(effect.key);
          break;
        case "lost":
          this.#startGrace(effect.key, effect.loss);
          break;
        case "gone":
          this.#typesNoMore(effect.user);
          this.#peopleHaveChanged();
      }
    }
  }

  /** Has the group kept, publishes it, and answers. What cannot be saved is as if it had not been asked for. */
  async #conclude(): Promise<void> {
    const saving = this.#journal.keep(this.#state.takeUnsaved());
    const outcome = saving === undefined ? "saved" : await saving;
    if (outcome === "failed") this.#state.drop();
    for (const _ of this.#state.commit()) if (this.#log.crowded) await nextTurn(this.#clock);
    for (const answer of this.#answers.splice(0)) answer(outcome);
  }

  #startGrace(key: NameKey, loss: number): void {
    this.#graces.set(key, { key, loss });
  }

  #endNextGrace(): void {
    if (this.#isGraceEnding) return;
    const [over] = this.#graces.takeExpired(1);
    if (over === undefined) return;
    this.#isGraceEnding = true;
    void this.#journal.send({ kind: "graceOver", ...over, at: this.#clock.now() });
  }

  #sendTimer(): void {
    if (this.#isTimerDue) return;
    this.#isTimerDue = true;
    void this.#inbox.send({ kind: "timer" });
  }

  #typesNoMore({ id }: Author): void {
    if (this.#typing.delete(id)) this.#signals.change("typing");
  }

  #peopleHaveChanged(): void {
    this.#signals.change("presence");
    this.#peopleChanged(this.people);
  }
}

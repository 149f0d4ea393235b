import type { Log } from "../log/log.ts";
import type { HistoryBudget } from "../memory/history-budget.ts";
import type { PersonId, User } from "../people/user.ts";
import { messageBytes, type RoomMessage } from "./message.ts";
import { Nonces } from "./nonces.ts";
import type { Signals } from "./presence.ts";
import { type Guest, Guests, Roster } from "./roster.ts";
import type { Accepted, Effect, RoomView } from "./rules.ts";

/** What was in a room before it was opened here. */
export interface Past {
  /** Names its log among all there ever were: a number in another is another message. */
  readonly epoch: string;
  /** In order, without holes; of more than is kept, the newest stay. */
  readonly messages: readonly RoomMessage[];
  readonly nonces: readonly Accepted[];
  /** Who was there when it ended, and may be back. */
  readonly people: readonly User[];
  /** Whom it lets in without an invitation. */
  readonly guests: readonly Guest[];
  /** Invitations that were made up to then are void, ms since the Unix epoch; 0 where none were voided. */
  readonly invitationsVoidToMs: number;
}

/** What a room is from its beginning to its end. */
export interface RoomFacts {
  readonly name: string;
  readonly isPrivate: boolean;
  /** Whose quota it counts in; undefined for the lobby, and for a room of Plume 0.4. */
  readonly openedBy: PersonId | undefined;
  /** When it was opened, ms since the Unix epoch. */
  readonly openedAt: number;
}

/** What becomes of a room beside what its commands lead to. */
export type Upkeep =
  | { kind: "opened"; facts: RoomFacts }
  | { kind: "ended" }
  /** It has ended, and so lets somebody in no more. */
  | { kind: "letInNoMore"; person: PersonId }
  /** The log has these entries no more. */
  | { kind: "trimmed"; first: number; last: number }
  /** Nonces of these numbers are known no more. */
  | { kind: "forgotten"; seqs: readonly number[] };

interface RoomStateOptions {
  isPrivate: boolean;
  past: Past;
  /** Where entries are published, empty. */
  log: Log<RoomMessage, Signals>;
  /** Bytes that the log keeps. */
  historyBytes: number;
  /** What all rooms keep. */
  historyBudget: HistoryBudget;
}

/**
 * What a room's rules have decided. Effects are staged, which the rules see at once; then the group of them is committed, or
 * dropped where it could not be saved. Entries and nonces live and die with their group, and nobody else sees them before it
 * is committed. Who is there, and who is a guest, is so at once and for good.
 */
export class RoomState implements RoomView {
  readonly epoch: string;
  readonly isPrivate: boolean;
  readonly roster: Roster;
  readonly guests: Guests;
  readonly nonces: Nonces;
  #invitationsVoidToMs: number;
  readonly #log: Log<RoomMessage, Signals>;
  readonly #historyBytes: number;
  readonly #historyBudget: HistoryBudget;
  /** The group. Its owner bounds it, by committing or dropping it. */
  #staged: Effect[] = [];
  /** Its new entries, in order. */
  #drafts: RoomMessage[] = [];
  /** Entries of the log that lose their text with it, by number. */
  readonly #scrubbed = new Map<number, RoomMessage>();
  /** The oldest number the log will have with the group, and its bytes; of interest only while there is one. */
  #first = 1;
  #bytes = 0;
  /** The oldest number that the group before may have left with those who keep the room. */
  #firstKept: number;

  constructor({ isPrivate, past, log, historyBytes, historyBudget }: RoomStateOptions) {
    this.epoch = past.epoch;
    this.isPrivate = isPrivate;
    this.roster = new Roster(past.people);
    this.guests = new Guests(historyBudget.bytes, past.guests);
    this.nonces = new Nonces(historyBudget.bytes, past.nonces);
    this.#invitationsVoidToMs = past.invitationsVoidToMs;
    this.#log = log;
    this.#historyBytes = historyBytes;
    this.#historyBudget = historyBudget;
    this.#firstKept = past.messages[0]?.seq ?? 1;
    historyBudget.add(this);
    for (const message of past.messages) this.#append(message);
  }

  /** The newest number, of the group too. */
  get last(): number {
    return this.#log.last + this.#drafts.length;
  }

  get invitationsVoidToMs(): number {
    return this.#invitationsVoidToMs;
  }

  /** Bytes of all that the history budget counts and can have back. */
  get keptBytes(): number {
    return this.#log.bytes + this.nonces.bytes;
  }

  entry(seq: number): RoomMessage | undefined {
    if (this.#isDrafting && seq < this.#first) return undefined;
    if (seq > this.#log.last) return this.#drafts[seq - this.#log.last - 1];
    return this.#scrubbed.get(seq) ?? this.#log.get(seq);
  }

  stage(effect: Effect): void {
    this.#staged.push(effect);
    switch (effect.kind) {
      case "appended":
        this.#draft(effect.message);
        break;
      case "scrubbed":
        this.#scrub(effect.message);
        break;
      case "accepted":
        this.nonces.add(effect.accepted);
        break;
      case "came":
        this.roster.come(effect.user);
        break;
      case "present":
        this.roster.stay(effect.key, effect.clients);
        break;
      case "lost":
        this.roster.lose(effect.key, effect.loss);
        break;
      case "gone":
        this.roster.go(effect.user.key);
        break;
      case "letIn":
        this.guests.add(effect);
        break;
      case "invitationsVoid":
        this.#invitationsVoidToMs = effect.toMs;
    }
  }

  /** All that is to be kept: the group, and what the log and the nonces have lost since the group before. */
  takeUnsaved(): (Effect | Upkeep)[] {
    const kept: (Effect | Upkeep)[] = [];
    const { first } = this.#log;
    if (this.#firstKept < first) kept.push({ kind: "trimmed", first: this.#firstKept, last: first - 1 });
    this.#firstKept = Math.max(this.#firstKept, first);
    const seqs = this.nonces.takeForgotten();
    if (seqs.length > 0) kept.push({ kind: "forgotten", seqs });
    return kept.concat(this.#staged);
  }

  /** Publishes the group, entry by entry; whoever iterates may give the readers a turn in between. */
  *commit(): Generator<void, void> {
    this.nonces.keep();
    for (const effect of this.#takeStaged()) {
      if (effect.kind === "scrubbed") this.#replace(effect.message);
      if (effect.kind !== "appended") continue;
      this.#append(effect.message);
      yield;
    }
  }

  /** Drops what the group would have published: its numbers are given anew. */
  drop(): void {
    this.nonces.drop();
    this.#takeStaged();
  }

  /** What there may be of the room with those who keep it. */
  *remains(): Generator<Effect | Upkeep, void> {
    yield { kind: "ended" };
    yield { kind: "trimmed", first: this.#firstKept, last: this.#log.last };
    yield { kind: "forgotten", seqs: [...this.nonces.seqs(), ...this.nonces.takeForgotten()] };
    for (const user of this.roster.values()) yield { kind: "gone", user };
    for (const person of this.guests.people()) yield { kind: "letInNoMore", person };
  }

  /** For the history budget: drops a quarter of what is kept, the oldest. */
  shed(): void {
    this.#log.shed(0.75 * this.#log.bytes);
    this.nonces.shed();
  }

  /** Counts in no budget any more. */
  close(): void {
    this.#historyBudget.delete(this);
    this.nonces.leaveBudget();
    this.guests.leaveBudget();
  }

  get #isDrafting(): boolean {
    return this.#drafts.length + this.#scrubbed.size > 0;
  }

  /** Drafts an entry, and finds out what the log will have lost for it: that can be changed no more. */
  #draft(message: RoomMessage): void {
    this.#beginDrafting();
    const bytes = messageBytes(message);
    while (this.#first <= this.last && this.#isFull(bytes)) {
      const oldest = this.entry(this.#first);
      if (oldest) this.#bytes -= messageBytes(oldest);
      this.#first += 1;
    }
    this.#bytes += bytes;
    this.#drafts.push(message);
  }

  /** As the log has it when it makes room for an entry of so many bytes. */
  #isFull(bytes: number): boolean {
    const length = this.last - this.#first + 1;
    return length >= this.#log.capacity || this.#bytes + bytes > this.#historyBytes;
  }

  #scrub(message: RoomMessage): void {
    this.#beginDrafting();
    const before = this.entry(message.seq);
    if (before) this.#bytes -= messageBytes(before) - messageBytes(message);
    if (message.seq > this.#log.last) this.#drafts[message.seq - this.#log.last - 1] = message;
    else this.#scrubbed.set(message.seq, message);
  }

  #beginDrafting(): void {
    if (this.#isDrafting) return;
    this.#first = this.#log.first;
    this.#bytes = this.#log.bytes;
  }

  #takeStaged(): readonly Effect[] {
    const staged = this.#staged;
    this.#staged = [];
    this.#drafts = [];
    if (this.#scrubbed.size > 0) this.#scrubbed.clear();
    return staged;
  }

  #append(message: RoomMessage): void {
    this.#log.append(message);
    this.#historyBudget.fit();
  }

  #replace(message: RoomMessage): void {
    if (message.seq >= this.#log.first) this.#log.replace(message.seq, message); // it may have been shed meanwhile
  }
}

import { limits } from "../limits.ts";
import { type Follower, Log } from "../log/log.ts";
import type { HistoryBudget } from "../memory/history-budget.ts";
import type { Clock } from "../system/clock.ts";
import type { Older } from "./client.ts";
import { type Happening, messageBytes, type Post, type RoomMessage } from "./message.ts";
import { type Accepted, Nonces } from "./nonces.ts";
import type { User } from "./user.ts";

/** Where somebody was in a log: of which epoch, and the number of the last message they know. */
export interface Place {
  epoch: string;
  seq: number;
}

interface TranscriptOptions {
  epoch: string;
  /** Messages kept … */
  history: number;
  /** … and their bytes. */
  historyBytes: number;
  clock: Clock;
  /** What was said before, in order and without holes; of more than is kept, the newest stay. */
  messages: readonly RoomMessage[];
  /** Under which nonces. */
  nonces: readonly Accepted[];
  /** What all rooms keep. */
  historyBudget: HistoryBudget;
}

/** What is to come into the log next. Nobody reads it before it is published. */
export interface Draft {
  /** Numbered as they will be in the log. */
  readonly entries: readonly RoomMessage[];
  /** What the log has, without the text that is taken back. */
  readonly scrubbed: readonly RoomMessage[];
}

/**
 * A room's log, and the rules for what is in it: who may change which line, and who is told how much of it. What is new is
 * drafted first, and then published or dropped, so that nobody reads what may yet be lost.
 */
export class Transcript {
  /** Names this log among all there ever were: its numbers mean nothing in another. */
  readonly epoch: string;
  /** Of what is in the log. */
  readonly nonces: Nonces;
  readonly #historyBudget: HistoryBudget;
  readonly #clock: Clock;
  readonly #log: Log<RoomMessage>;
  /** The draft. Its owner bounds it, by publishing or dropping it. */
  #entries: RoomMessage[] = [];
  #scrubbed: RoomMessage[] = [];

  constructor({ epoch, history, historyBytes, clock, messages, nonces, historyBudget }: TranscriptOptions) {
    const { bytes: pool } = historyBudget;
    this.epoch = epoch;
    this.nonces = new Nonces(pool, nonces);
    this.#historyBudget = historyBudget;
    this.#clock = clock;
    const [first] = messages;
    this.#log = new Log({
      capacity: history,
      bytes: { max: historyBytes, of: messageBytes, pool },
      turn: (callback) => clock.turn(callback),
      batchBytesMax: limits.batchBytes,
      startsAfter: first === undefined ? 0 : first.seq - 1,
    });
    historyBudget.add(this);
    for (const message of messages) this.#append(message);
  }

  get keptBytes(): number {
    return this.#log.bytes + this.nonces.bytes;
  }

  get first(): number {
    return this.#log.first;
  }

  get last(): number {
    return this.#log.last;
  }

  /** The newest number, of the draft too. */
  get drafted(): number {
    return this.last + this.#entries.length;
  }

  /** Where somebody who is new begins: before the last `limits.joinMessages`, or as many as there are. */
  get recent(): number {
    return Math.max(this.first - 1, this.last - limits.joinMessages);
  }

  /** Whoever goes on publishing gives the readers a turn first. */
  get crowded(): boolean {
    return this.#log.crowded;
  }

  get draft(): Draft {
    return { entries: this.#entries, scrubbed: this.#scrubbed };
  }

  follow(since: number): Follower<RoomMessage> {
    return this.#log.follow(since);
  }

  /** Has followers look at what is not in the log. */
  nudge(): void {
    this.#log.nudge();
  }

  /** Where somebody goes on; undefined where nobody can have been: in another log, or ahead of this one. */
  find(place: Place | undefined): number | undefined {
    return place?.epoch === this.epoch && place.seq <= this.last ? place.seq : undefined;
  }

  /** Up to `limits.olderMessages`, with up to `limits.olderBytes`, from before number `before` backwards. */
  older(before: number): Older {
    const messages: RoomMessage[] = [];
    let bytes = 0;
    for (let seq = Math.min(before - 1, this.last); messages.length < limits.olderMessages; seq -= 1) {
      const message = this.#log.get(seq);
      if (message === undefined) break;
      bytes += messageBytes(message);
      if (bytes > limits.olderBytes && messages.length > 0) break;
      messages.push(message);
    }
    return { first: this.first, messages: messages.reverse() };
  }

  /** Returns the number that the new entry will have; undefined where it would change what is not the user's own. */
  post(user: User, post: Post): number | undefined {
    switch (post.kind) {
      case "text":
        return this.add(user, { kind: "text", text: post.text, deleted: false });
      case "edited":
        return this.#mayChange(user, post.of) ? this.add(user, post) : undefined;
      case "deleted":
        if (!this.#mayChange(user, post.of)) return undefined;
        this.#scrub(post.of);
        return this.add(user, post);
    }
  }

  /** Drafts an entry, and returns the number that it will have. */
  add(user: User, happening: Happening): number {
    const seq = this.drafted + 1;
    this.#entries.push({ seq, at: this.#clock.now(), user, ...happening });
    return seq;
  }

  /** Publishes the draft, entry by entry; whoever iterates may give the readers a turn in between. */
  *publish(): Generator<void, void> {
    const { entries, scrubbed } = this.draft;
    this.drop();
    for (const message of scrubbed) {
      if (message.seq >= this.first) this.#log.replace(message.seq, message); // it may have been shed meanwhile
    }
    for (const message of entries) {
      this.#append(message);
      yield;
    }
  }

  /** Drops the draft: its numbers are given anew. */
  drop(): void {
    this.#entries = [];
    this.#scrubbed = [];
  }

  /** Followers get what is there, and end. */
  close(): void {
    this.#historyBudget.delete(this);
    this.nonces.leavePool();
    this.#log.close();
  }

  /** Drops a quarter of what is kept, the oldest. */
  shed(): void {
    this.#log.shed(0.75 * this.#log.bytes);
    this.nonces.shed();
  }

  #append(message: RoomMessage): void {
    this.#log.append(message);
    this.#historyBudget.fit();
  }

  /** A line that is drafted has no number yet that anybody could know. */
  #mayChange(user: User, of: number): boolean {
    const line = this.#log.get(of);
    const isTakenBack = this.#scrubbed.some(({ seq }) => seq === of);
    return line?.kind === "text" && !line.deleted && !isTakenBack && line.user.key === user.key;
  }

  /** Takes the text out of a line and of all edits of it, so that nobody who comes later can read it. */
  #scrub(of: number): void {
    for (let seq = of; seq <= this.last; seq += 1) {
      const entry = this.#log.get(seq);
      if (entry?.kind === "text" && seq === of) this.#scrubbed.push({ ...entry, text: "", deleted: true });
      if (entry?.kind === "edited" && entry.of === of) this.#scrubbed.push({ ...entry, text: "" });
    }
    this.#entries = this.#entries.map((entry) =>
      entry.kind === "edited" && entry.of === of ? { ...entry, text: "" } : entry,
    );
  }
}

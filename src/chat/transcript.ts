import { type Follower, Log } from "../channel/log.ts";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { Older } from "./client.ts";
import type { Histories } from "./histories.ts";
import { type Happening, messageBytes, type Post, type RoomMessage } from "./message.ts";
import { Nonces } from "./nonces.ts";
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
  /** What all rooms keep. */
  histories: Histories;
  clock: Clock;
}

/** A room's log, and the rules for what is in it: who may change which line, and who is told how much of it. */
export class Transcript {
  /** Names this log among all there ever were: its numbers mean nothing in another. */
  readonly epoch: string;
  /** Of what is in the log. */
  readonly nonces: Nonces;
  readonly #histories: Histories;
  readonly #clock: Clock;
  readonly #log: Log<RoomMessage>;

  constructor({ epoch, history, historyBytes, histories, clock }: TranscriptOptions) {
    const { pool } = histories;
    this.epoch = epoch;
    this.nonces = new Nonces(pool);
    this.#histories = histories;
    this.#clock = clock;
    this.#log = new Log({
      capacity: history,
      bytes: { max: historyBytes, of: messageBytes, pool },
      turn: (callback) => clock.turn(callback),
      batchBytesMax: limits.batchBytes,
    });
    histories.add(this);
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

  /** Where somebody who is new begins: before the last `limits.joinMessages`, or as many as there are. */
  get recent(): number {
    return Math.max(this.first - 1, this.last - limits.joinMessages);
  }

  /** Whoever goes on posting gives the readers a turn first. */
  get crowded(): boolean {
    return this.#log.crowded;
  }

  follow(since: number): Follower<RoomMessage> {
    return this.#log.follow(since);
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

  /** Returns the number of the new entry; undefined where it would change what is not the user's own. */
  post(user: User, post: Post): number | undefined {
    switch (post.kind) {
      case "text":
        return this.append(user, { kind: "text", text: post.text, deleted: false });
      case "edited":
        return this.#mayChange(user, post.of) ? this.append(user, post) : undefined;
      case "deleted":
        if (!this.#mayChange(user, post.of)) return undefined;
        this.#scrub(post.of);
        return this.append(user, post);
    }
  }

  append(user: User, happening: Happening): number {
    const seq = this.#log.append({ seq: this.last + 1, at: this.#clock.now(), user, ...happening });
    this.#histories.fit();
    return seq;
  }

  /** Drops a quarter of what is kept, the oldest. */
  shed(): void {
    this.#log.shed(0.75 * this.#log.bytes);
    this.nonces.keep(Math.floor(0.75 * this.nonces.size));
  }

  /** Followers get what is there, and end. */
  close(): void {
    this.#histories.delete(this);
    this.nonces.keep(0);
    this.#log.close();
  }

  #mayChange(user: User, of: number): boolean {
    const line = this.#log.get(of);
    return line?.kind === "text" && !line.deleted && line.user.key === user.key;
  }

  /** Takes the text out of a line and of all edits of it, so that nobody who comes later can read it. */
  #scrub(of: number): void {
    for (let seq = of; seq <= this.last; seq += 1) {
      const entry = this.#log.get(seq);
      if (entry?.kind === "text" && seq === of) this.#log.replace(seq, { ...entry, text: "", deleted: true });
      if (entry?.kind === "edited" && entry.of === of) this.#log.replace(seq, { ...entry, text: "" });
    }
  }
}

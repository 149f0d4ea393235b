import { type ServerMessageV2, Type } from "../../src/protocol/v2.ts";

/** What one client has of one epoch of a room. */
export interface Stay {
  /** The number before the first that it was to get. */
  readonly from: number;
  /** Texts by number; other entries as who and their type. */
  readonly entries: Map<number, string>;
  /** Numbers it was told are gone. */
  readonly gone: Set<number>;
  /** The last number that it has, or was told is gone. */
  upTo: number;
}

/** What a client of version 2 keeps about a room: what it has of the log, and what it said. Its nonces are its texts. */
export class Logbook {
  readonly name: string;
  readonly stays = new Map<string, Stay>();
  /** What it said and has no ack for, in order. */
  readonly outbox: string[] = [];
  /** The numbers that were acked, by nonce. */
  readonly acked = new Map<string, number>();
  /** When the last entry was made, as the server says, in ms since the Unix epoch; 0 before there is one. */
  lastAtMs = 0;
  #since: { epoch: string; seq: number } | undefined;

  /** @param name whose book it is, for messages. */
  constructor(name: string) {
    this.name = name;
  }

  /** The last message that it knows: what to come back with. Undefined before the first Joined. */
  get since(): { epoch: string; seq: number } | undefined {
    return this.#since;
  }

  /** The stay that goes on. Throws before the first Joined. */
  get stay(): Stay {
    const stay = this.stays.get(this.#since?.epoch ?? "");
    if (!stay) throw new Error(`${this.name} has not joined yet`);
    return stay;
  }

  /** Takes a message in. Throws on whatever a client must never see. */
  take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.Joined:
        this.#join(message.epoch, message.from);
        break;
      case Type.Gap:
        for (let seq = message.first; seq <= message.last; seq += 1) this.stay.gone.add(seq);
        this.#advance(message.first, message.last);
        break;
      case Type.Text:
        this.#enter(message.seq, message.at, message.text);
        break;
      case Type.Edited:
        this.#enter(message.seq, message.at, `${message.of} is now ${message.text}`);
        break;
      case Type.Deleted:
        this.#enter(message.seq, message.at, `${message.of} is deleted`);
        break;
      case Type.Entered:
      case Type.Departed:
        this.#enter(message.seq, message.at, `${message.user.name} ${message.type}`);
        break;
      case Type.Ack:
        this.#ack(message.nonce, message.seq);
    }
  }

  #join(epoch: string, from: number): void {
    const since = this.#since;
    if (since?.epoch !== epoch)
      this.stays.set(epoch, { from, entries: new Map(), gone: new Set(), upTo: from });
    else if (from !== since.seq)
      throw new Error(`${this.name} asked for what is after ${since.seq}, gets ${from}`);
    this.#since = { epoch, seq: from };
  }

  #ack(nonce: string, seq: number): void {
    const before = this.acked.get(nonce);
    if (before !== undefined && before !== seq)
      throw new Error(`${nonce} was posted as ${before} and ${seq}`);
    this.acked.set(nonce, seq);
    if (this.outbox.includes(nonce)) this.outbox.splice(this.outbox.indexOf(nonce), 1);
  }

  #enter(seq: number, atMs: number, what: string): void {
    this.lastAtMs = atMs;
    this.stay.entries.set(seq, what);
    this.#advance(seq, seq);
  }

  /** What comes next is what comes after all we have. */
  #advance(first: number, last: number): void {
    if (!this.#since || first !== this.#since.seq + 1) {
      throw new Error(`${this.name} got ${first} after ${this.#since?.seq}`);
    }
    this.#since = { ...this.#since, seq: last };
    this.stay.upTo = last;
  }
}

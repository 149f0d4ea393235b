import { parseServerFrame, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";

/** What one client has of one epoch of a room. */
export interface EpochRecord {
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
export class RoomRecord {
  readonly name: string;
  readonly epochs = new Map<string, EpochRecord>();
  /** What it said and has no ack for, in order. */
  readonly outbox: string[] = [];
  /** The numbers that were acked, by nonce. */
  readonly acked = new Map<string, number>();
  /** When the last entry was made, as the server says, in ms since the Unix epoch; 0 before there is one. */
  lastAtMs = 0;
  #since: { epoch: string; seq: number } | undefined;

  /** @param name whose it is, for messages. */
  constructor(name: string) {
    this.name = name;
  }

  /** The last message that it knows: what to come back with. Undefined before the first Joined. */
  get since(): { epoch: string; seq: number } | undefined {
    return this.#since;
  }

  /** What it has of the epoch that goes on. Throws before the first Joined. */
  get current(): EpochRecord {
    const current = this.epochs.get(this.#since?.epoch ?? "");
    if (!current) throw new Error(`${this.name} has not joined yet`);
    return current;
  }

  /** Takes a message in. Throws on whatever a client must never see. */
  take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.Joined:
        this.#join(message.epoch, message.from);
        break;
      case Type.Gap:
        for (let seq = message.first; seq <= message.last; seq += 1) this.current.gone.add(seq);
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
      this.epochs.set(epoch, { from, entries: new Map(), gone: new Set(), upTo: from });
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
    this.current.entries.set(seq, what);
    this.#advance(seq, seq);
  }

  /** What comes next is what follows all that it has. */
  #advance(first: number, last: number): void {
    if (!this.#since || first !== this.#since.seq + 1) {
      throw new Error(`${this.name} got ${first} after ${this.#since?.seq}`);
    }
    this.#since = { ...this.#since, seq: last };
    this.current.upTo = last;
  }
}

/** What the records of everybody in one room say together. */
export interface Comparison {
  /** Lines that were said. */
  readonly said: number;
  /** Of them, those that the server said it has. */
  readonly acked: number;
  /** Logs the room has had: one, unless the server forgot it. */
  readonly epochs: number;
  /** Lines that were acked and that somebody who was there has not got, nor was told is gone. */
  readonly lost: readonly string[];
  /** Lines that are twice in one log. */
  readonly doubled: readonly string[];
  /** Where two have not the same under one number. */
  readonly disagreed: readonly string[];
  /** Numbers that somebody who was there has not got, nor was told are gone. */
  readonly holes: readonly string[];
}

/** Compares what all clients of a room have. Each record has checked already that its own entries came in order. */
export function compareRecords(records: readonly RoomRecord[]): Comparison {
  const logs = new Map<string, Map<number, string>>();
  const disagreed: string[] = [];
  const holes: string[] = [];
  for (const { name, epochs } of records) {
    for (const [epoch, { from, upTo, entries, gone }] of epochs) {
      const log = logs.get(epoch) ?? new Map<number, string>();
      logs.set(epoch, log);
      for (const [seq, what] of entries) {
        const others = log.get(seq) ?? what;
        if (others !== what) disagreed.push(`${seq}: ${name} has "${what}", others "${others}"`);
        log.set(seq, what);
      }
      for (let seq = from + 1; seq <= upTo; seq += 1) {
        if (!entries.has(seq) && !gone.has(seq)) holes.push(`${name} has no ${seq} of ${epoch}`);
      }
    }
  }
  const known = [...logs.values()].map((log) => new Set(log.values()));
  const acked = records.flatMap((record) => [...record.acked.keys()]);
  const said = new Set([...acked, ...records.flatMap(({ outbox }) => outbox)]);
  return {
    said: said.size,
    acked: acked.length,
    epochs: logs.size,
    lost: acked.filter((line) => !known.some((lines) => lines.has(line))),
    doubled: [...logs.values()].flatMap((log) => twice([...log.values()]).filter((line) => said.has(line))),
    disagreed,
    holes,
  };
}

function twice(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  return lines.filter((line) => seen.has(line) || !seen.add(line));
}

/** The messages in a frame of the server's. Throws on what a server must never send. */
export function messagesOf(frame: string): ServerMessageV2[] {
  const read = parseServerFrame(frame);
  if (read.kind === "malformed") throw new Error(`the server sent ${frame}: ${read.problem}`);
  return read.messages.map((message) => {
    if (message.kind !== "message") throw new Error(`${message.problem} in ${frame}`);
    return message.message;
  });
}

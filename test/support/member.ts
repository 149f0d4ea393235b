import { type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import type { TestHouse, VisitorV2 } from "./house.ts";

const room = "lobby";

/** What one client has of one epoch of the room. */
export interface Record {
  /** The number before the first that it was to get. */
  from: number;
  /** Texts by number; other entries as their type. */
  entries: Map<number, string>;
  /** Numbers it was told are gone. */
  gone: Set<number>;
  /** The last number that it has, or was told is gone. */
  upTo: number;
}

/** A client as the protocol wants one: it resumes where it was, and says again what was not acked. */
export class Member {
  readonly name: string;
  readonly records = new Map<string, Record>();
  /** What it said and has no ack for, in order; the nonce is the text. */
  readonly outbox: string[] = [];
  readonly acked: string[] = [];
  #house: TestHouse;
  #visitor: VisitorV2 | undefined;
  #since: { epoch: string; seq: number } | undefined;
  #said = 0;

  constructor(house: TestHouse, name: string) {
    this.#house = house;
    this.name = name;
  }

  /** Connects, comes into the room where it was, and says again what was not acked. */
  async connect(house = this.#house): Promise<void> {
    if (this.#visitor && !this.#visitor.goodbye && house === this.#house) return;
    this.#house = house;
    this.#visitor = await house.logInV2(this.name, "tab");
    const since = this.#since ? { since: this.#since } : {};
    await this.#visitor.send({ type: Type.Join, room, ...since });
    this.hear();
    for (const text of this.outbox) await this.#visitor.send({ type: Type.Text, room, text, nonce: text });
    this.hear();
  }

  async say(): Promise<void> {
    this.#said += 1;
    const text = `${this.name} ${this.#said}`;
    this.outbox.push(text);
    if (this.#visitor && !this.#visitor.goodbye) {
      await this.#visitor.send({ type: Type.Text, room, text, nonce: text });
    }
  }

  /** The network goes, and with it the last frames that were sent to us. */
  async vanish(lostFrames: number): Promise<void> {
    this.#visitor?.lose(lostFrames);
    this.hear();
    await this.#visitor?.vanish();
  }

  stall(): void {
    this.#visitor?.stall();
  }

  async goOn(): Promise<void> {
    await this.#visitor?.goOn();
    this.hear();
  }

  /** Takes in all that has come. Throws on whatever a client must never see. */
  hear(): void {
    for (const message of this.#visitor?.take() ?? []) this.#take(message);
  }

  #take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.Joined: {
        const { epoch, from } = message;
        if (!this.records.has(epoch))
          this.records.set(epoch, { from, entries: new Map(), gone: new Set(), upTo: from });
        if (this.#since?.epoch === epoch && from > this.#since.seq) throw new Error("a hole without a gap");
        this.#since = { epoch, seq: from };
        break;
      }
      case Type.Gap:
        for (let seq = message.first; seq <= message.last; seq += 1) this.#record().gone.add(seq);
        this.#advance(message.first, message.last);
        break;
      case Type.Text:
        this.#record().entries.set(message.seq, message.text);
        this.#advance(message.seq, message.seq);
        break;
      case Type.Entered:
      case Type.Departed:
        this.#record().entries.set(message.seq, `${message.user.name} ${message.type}`);
        this.#advance(message.seq, message.seq);
        break;
      case Type.Ack:
        if (this.outbox.includes(message.nonce)) this.outbox.splice(this.outbox.indexOf(message.nonce), 1);
        this.acked.push(message.nonce);
    }
  }

  /** What comes next is what comes after all we have. */
  #advance(first: number, last: number): void {
    if (!this.#since || first !== this.#since.seq + 1) {
      throw new Error(`${this.name} got ${first} after ${this.#since?.seq}`);
    }
    this.#since = { ...this.#since, seq: last };
    this.#record().upTo = last;
  }

  #record(): Record {
    const record = this.records.get(this.#since?.epoch ?? "");
    if (!record) throw new Error("a message before Joined");
    return record;
  }
}

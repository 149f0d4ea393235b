import { Type } from "../../src/protocol/v2.ts";
import type { TestHouse, VisitorV2 } from "./house.ts";
import { Logbook } from "./logbook.ts";

const room = "lobby";

/** A client as the protocol wants one: it resumes where it was, and says again what was not acked. */
export class Member {
  readonly name: string;
  readonly book: Logbook;
  #house: TestHouse;
  #visitor: VisitorV2 | undefined;
  #said = 0;

  constructor(house: TestHouse, name: string) {
    this.#house = house;
    this.name = name;
    this.book = new Logbook(name);
  }

  /** The server has closed the connection, or it was lost. */
  get isOut(): boolean {
    return this.#visitor?.goodbye !== undefined;
  }

  /** Connects, comes into the room where it was, and says again what was not acked. */
  async connect(house = this.#house): Promise<void> {
    if (this.#visitor && !this.#visitor.goodbye && house === this.#house) return;
    this.#house = house;
    this.#visitor = await house.logInV2(this.name, "tab");
    await this.#visitor.send({ type: Type.Join, room, since: this.book.since });
    this.hear();
    for (const text of this.book.outbox) {
      await this.#visitor.send({ type: Type.Text, room, text, nonce: text });
    }
    this.hear();
  }

  async say(): Promise<void> {
    this.#said += 1;
    const text = `${this.name} ${this.#said}`;
    this.book.outbox.push(text);
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
    for (const message of this.#visitor?.take() ?? []) this.book.take(message);
  }
}

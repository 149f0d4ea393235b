import { MessageType } from "../../src/protocol/v1.ts";
import { TestClient } from "./client.ts";
import type { RunningServer } from "./server.ts";

/** Somebody healthy in the lobby, who talks, and must not notice what is done to the server beside them. */
export class Bystander {
  readonly #client: TestClient;
  readonly #name: string;
  #said = 0;
  #heard = 0;
  /** What others said and nobody has asked for, by name. */
  readonly #others = new Map<string, string[]>();

  private constructor(client: TestClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  static async enter(server: RunningServer, name = "bystander"): Promise<Bystander> {
    return new Bystander(await TestClient.enter(server.url, server.token(name)), name);
  }

  say(): void {
    this.#said += 1;
    this.#client.say(`undisturbed ${this.#said}`);
  }

  /** Waits for all of one's own lines. Throws unless each comes once, in order. */
  async hearAll(): Promise<void> {
    while (this.#heard < this.#said) await this.#hearOne();
  }

  /** Everything the room heard from somebody between their coming and their going, which this waits for. */
  async lifeOf(name: string): Promise<string[]> {
    for (;;) {
      const lines = this.#others.get(name) ?? [];
      if (lines.at(-1) === "left chat") {
        this.#others.delete(name);
        return lines.slice(1, -1);
      }
      await this.#hearOne();
    }
  }

  async #hearOne(): Promise<void> {
    const { type, user, text } = await this.#client.next();
    if (type !== MessageType.Text) throw new Error(`the bystander was sent a message of type ${type}`);
    if (user.name !== this.#name) {
      this.#others.set(user.name, [...(this.#others.get(user.name) ?? []), text]);
      return;
    }
    if (text === "entered chat") return;
    const due = `undisturbed ${this.#heard + 1}`;
    if (text !== due) throw new Error(`"${text}" came in place of "${due}"`);
    this.#heard += 1;
  }
}

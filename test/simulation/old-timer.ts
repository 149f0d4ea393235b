import { encodeMessage, MessageType } from "../../src/protocol/v1.ts";
import { Guest, type Network, type Surroundings } from "./guest.ts";

/** Somebody with a client of version 1. What they hear the witness compares to the lobby's log. */
export class OldTimer extends Guest {
  readonly #tab: string;
  #said = 0;

  constructor(world: Surroundings, name: string, network: Network) {
    super(world, { name, email: `${name}@example.org`, isImpostor: false }, 1, network);
    this.#tab = `${name}.v1`;
  }

  /** Over two connections lines may overtake each other: version 1 has nothing that keeps them in order. */
  say(): void {
    this.#said += 1;
    this.send(encodeMessage({ type: MessageType.Text, text: `${this.#tab}, line ${this.#said}` }));
  }

  protected greet(): void {
    const { name, email } = this.holder;
    this.send(encodeMessage({ type: MessageType.Auth, text: this.world.token(name, email) }));
  }

  protected heard(): void {}
  protected lost(): void {}
}

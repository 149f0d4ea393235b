import { encodeMessage, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import type { Frame } from "../../src/transport/socket.ts";
import { type Account, type Environment, type NetworkPath, SimulatedClient } from "./clients.ts";

/** A client of version 1. What it hears the observer compares to the lobby's log. */
export class ClientV1 extends SimulatedClient {
  readonly #tab: string;
  #said = 0;
  #login: "with a token" | "by mail" | "in" = "with a token";

  constructor(world: Environment, holder: Account, network: NetworkPath) {
    super(world, holder, 1, network);
    this.#tab = `${holder.name}.v1`;
    world.mailService.subscribe(holder.email, ({ code }) => {
      if (this.#login === "by mail") this.send(encodeMessage({ type: MessageType.Auth, text: code }));
    });
  }

  get isIn(): boolean {
    return this.#login === "in";
  }

  /** Over two connections lines may overtake each other: version 1 has nothing that keeps them in order. */
  say(): void {
    this.#said += 1;
    this.send(encodeMessage({ type: MessageType.Text, text: `${this.#tab}, line ${this.#said}` }));
  }

  protected greet(): void {
    const { name, email } = this.holder;
    this.#login = this.needsCode ? "by mail" : "with a token";
    if (this.needsCode) this.send(encodeMessage({ type: MessageType.Hello, text: `${name}\n${email}` }));
    else this.send(encodeMessage({ type: MessageType.Auth, text: this.credential() }));
  }

  protected heard(frame: Frame): void {
    const parsed = parseServerMessage(Buffer.from(frame).toString());
    if (parsed.kind !== "message") return;
    const { type, text, user } = parsed.message;
    if (type === MessageType.AuthAck) {
      this.#login = "in";
      this.keep(text);
    }
    if (this.#login === "in") return;
    if (type === MessageType.MayNotEnter) this.nameIsTaken(user.name);
    else if (type !== MessageType.AuthRst) return;
    else if (this.#login === "by mail")
      return; // a code that has expired: the next connection asks for another
    else this.refused(text.includes("expired") ? "session-expired" : "session-ended");
    this.greet();
  }

  protected lost(): void {
    this.#login = "with a token";
  }
}

import { type Signal, signal } from "@preact/signals";
import { MessageType } from "../src/protocol/message.ts";
import { Connection, type Link, type World } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { keepSession, restoreSession } from "./restore.ts";
import type { Effect, Session, SessionEvent } from "./session.ts";
import { step } from "./step.ts";
import type { Store } from "./store.ts";

/** The page without its looks: runs the session's effects, and is what the views talk to. */
export class Page {
  readonly session: Signal<Session>;
  readonly link: Signal<Link> = signal({ kind: "off" });
  readonly conversation: Conversation;
  readonly connection: Connection;

  /** ms since the Unix epoch. */
  readonly now: () => number;

  readonly #store: Store;

  constructor(world: World, store: Store, watched: () => boolean) {
    this.now = () => world.now();
    this.#store = store;
    this.connection = new Connection(world, {
      changed: (link) => {
        this.link.value = link;
      },
      opened: () => this.happened({ kind: "opened", at: world.now() }),
      received: (message) => this.happened({ kind: "received", message, at: world.now() }),
      lost: (code, reason) => this.happened({ kind: "lost", code, reason, at: world.now() }),
    });
    this.conversation = new Conversation(world, store, this.connection, watched);
    this.session = signal(restoreSession(store, world.now()));
    if (this.session.value.kind === "chat") this.connection.connect();
  }

  /** Takes one step of the session, and does what follows from it. */
  happened(event: SessionEvent): void {
    const before = this.session.value;
    const { session, effects } = step(before, event);
    if (session !== before) {
      this.session.value = session;
      keepSession(this.#store, session, this.now());
    }
    for (const effect of effects) this.#run(effect);
  }

  /** Keeps what is being typed into the join form. */
  typed(name: string, email: string): void {
    this.#store.write("form", JSON.stringify({ name, email }));
  }

  #run(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        this.connection.connect();
        break;
      case "disconnect":
        this.connection.disconnect();
        break;
      case "send":
        // The server answers Auth; to Hello it is silent when all is well.
        this.connection.send(effect.message, effect.message.type === MessageType.Auth);
        break;
      case "keep-token":
        this.#store.write("token", effect.token);
        this.#store.write("name", effect.name);
        break;
      case "forget-token":
        this.#store.write("token", "");
        break;
      case "clear":
        this.#store.write("name", "");
        this.conversation.clear();
        break;
      case "entered":
        this.conversation.entered(effect.name, effect.at);
        break;
      case "cut-off":
        this.conversation.cutOff(effect.at);
        break;
      case "heard":
        this.conversation.heard(effect.name, effect.text, effect.at);
        break;
    }
  }
}

import { type Signal, signal } from "@preact/signals";
import * as v from "valibot";
import { goodbyes } from "../src/protocol/close.ts";
import { type ClientMessageV2, type ServerMessageV2, Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import { Connection, type World } from "./connection.ts";
import type { Store } from "./store.ts";

/** What has become of the sessions that were logged out of here. */
export type EndingState = "none" | "ending" | "ended";

/**
 * Ends sessions that were logged out of while the server could not be asked, on a connection of its own and as soon as there is
 * one, whoever is at the page by then. Their tokens are kept for that alone, over reloads.
 */
export class SessionEnder {
  readonly state: Signal<EndingState> = signal("none");
  readonly #world: World;
  readonly #store: Store;
  readonly #connection: Connection;
  /** What the server is to be sent next. */
  #next: "auth" | "log-out" = "auth";
  #cancelAgain = nothing;

  constructor(world: World, store: Store) {
    this.#world = world;
    this.#store = store;
    this.#connection = new Connection(world, {
      changed() {},
      opened: () => this.#send("auth"),
      received: (messages) => {
        for (const message of messages) this.#take(message);
      },
      lost: (code) => this.#lost(code),
    });
  }

  /** Keeps a session that is to end. Over `bounds.endingMax` the first is forgotten: its token is in no browser any more. */
  keep(token: string, everywhere: boolean): void {
    this.#write([...this.#endings(), { token, everywhere }].slice(-bounds.endingMax));
  }

  isNeeded(): boolean {
    return this.#endings().length > 0;
  }

  /** Ends what there is to end, one after the other. */
  start(): void {
    if (!this.isNeeded() || this.state.value === "ending") return;
    this.state.value = "ending";
    this.#connection.connect();
  }

  /** Somebody is logged in again: what has become of sessions before is no news any more. */
  told(): void {
    if (this.state.value === "ended") this.state.value = "none";
  }

  /** Something got better: does not wait for the next try. */
  hurry(): void {
    this.#connection.hurry();
  }

  /** A session has ended, or its token is good for nothing. */
  ended(token: string): void {
    this.#write(this.#endings().filter((ending) => ending.token !== token));
  }

  #take(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.AuthAck:
        this.#send("log-out");
        break;
      case Type.AuthRst:
      case Type.MayNotEnter:
        this.#done();
        break;
      case Type.Refused:
        this.#cancelAgain = this.#world.after(message.retryAfterMs ?? bounds.refusedPauseMs, () =>
          this.#send(this.#next),
        );
        break;
      default: // It is in no room.
    }
  }

  #lost(code: number): void {
    this.#cancelAgain();
    if (code === goodbyes.loggedOut.code) this.#done();
  }

  /** The first one has ended. */
  #done(): void {
    const [first] = this.#endings();
    if (first !== undefined) this.ended(first.token);
    this.#connection.disconnect();
    if (this.isNeeded()) this.#connection.connect();
    else this.state.value = "ended";
  }

  #send(next: "auth" | "log-out"): void {
    this.#next = next;
    const [first] = this.#endings();
    // Another tab has ended it.
    if (first === undefined) this.#done();
    else this.#connection.send(messageOf(next, first));
  }

  #endings(): readonly Ending[] {
    try {
      return v.parse(endings, JSON.parse(this.#store.read("ending")));
    } catch {
      return [];
    }
  }

  #write(kept: readonly Ending[]): void {
    this.#store.write("ending", kept.length === 0 ? "" : JSON.stringify(kept));
  }
}

type Ending = v.InferOutput<typeof endings>[number];

const endings = v.array(v.object({ token: v.string(), everywhere: v.boolean() }));

function messageOf(next: "auth" | "log-out", { token, everywhere }: Ending): ClientMessageV2 {
  return next === "auth" ? { type: Type.Auth, text: token } : { type: Type.LogOut, everywhere };
}

function nothing(): void {}

import { type Signal, signal } from "@preact/signals";
import { type ServerMessageV2, Type } from "../src/protocol/v2.ts";
import type { Connection } from "./connection.ts";
import { sentence, translated } from "./words.ts";

type Sessions = Extract<ServerMessageV2, { type: typeof Type.Sessions }>;
type Refused = Extract<ServerMessageV2, { type: typeof Type.Refused }>;

/** One login of this person's, on this device or another. */
export type OwnSession = Sessions["sessions"][number];

/** Where somebody is logged in, as the server said last. The only writer of its signals. */
export class SessionList {
  /** Undefined: the server has not said. */
  readonly all: Signal<readonly OwnSession[] | undefined> = signal(undefined);
  /** Why what was asked for last was not done. */
  readonly problem = signal("");
  readonly #connection: Connection;
  #isAsking = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  ask(): void {
    this.#ask(() => this.#connection.send({ type: Type.Sessions }));
  }

  /** Ends one of them for good. */
  end({ session }: OwnSession): void {
    this.#ask(() => this.#connection.send({ type: Type.EndSession, session }));
  }

  received({ sessions }: Sessions): void {
    this.#isAsking = false;
    this.all.value = sessions;
  }

  /** A refusal that names no room. */
  refused({ code, text }: Refused): void {
    if (this.#isAsking) this.problem.value = sentence(translated(code, text));
    this.#isAsking = false;
  }

  clear(): void {
    this.#isAsking = false;
    this.problem.value = "";
    this.all.value = undefined;
  }

  #ask(send: () => boolean): void {
    this.problem.value = "";
    this.#isAsking = send();
  }
}

import { Channel } from "../channel/channel.ts";
import { type Follower, Log } from "../channel/log.ts";
import { limits } from "../limits.ts";
import { type Clock, nextTurn } from "../system/clock.ts";
import { Client } from "./client.ts";
import { messageBytes, type RoomMessage } from "./message.ts";
import type { NameKey, User } from "./user.ts";

/** What a room can be asked. Its mailbox holds nothing else. */
export type RoomCommand =
  | { kind: "enter"; user: User; answer: Answer }
  | { kind: "say"; user: User; text: string }
  | { kind: "leave"; user: User };

export interface RoomOptions {
  /** Messages the room keeps; it also keeps at most `limits.historyBytes`. */
  history: number;
  /** Connections the server takes. */
  clientsMax: number;
  clock: Clock;
}

/** Tells whoever asked to come in: their client, or that the room has closed. */
type Answer = (client: Client | "closed") => void;

/**
 * The actor that owns a room: who is in it, and the log of what was said. It takes commands one at a time, appends,
 * and never waits for a reader: those follow the log, each at its own pace.
 */
export class Room {
  readonly #clock: Clock;
  readonly #inbox: Channel<RoomCommand>;
  readonly #log: Log<RoomMessage>;
  /** How many clients (tabs) each user has here. Only `run` changes it. */
  readonly #roster = new Map<NameKey, number>();
  /** Who waits for an answer to `enter`, so that nobody waits for ever when the room ends. */
  readonly #arriving = new Set<Answer>();

  constructor({ history, clientsMax, clock }: RoomOptions) {
    this.#clock = clock;
    this.#inbox = new Channel({
      capacity: limits.roomInbox,
      bytes: { max: limits.roomInboxBytes, of: commandBytes },
      waitingSenders: 2 * clientsMax, // a connection waits with one command; those that leave are on top
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    });
    this.#log = new Log({
      capacity: history,
      bytes: { max: limits.historyBytes, of: messageBytes },
      turn: (callback) => clock.turn(callback),
    });
  }

  /** The room's life. It ends when the room is closed and everything asked of it is done. */
  async run(): Promise<void> {
    try {
      for await (const command of this.#inbox) {
        this.#handle(command);
        if (this.#log.crowded) await nextTurn(this.#clock);
      }
    } finally {
      this.#inbox.close();
      this.#log.close();
      for (const answer of this.#arriving) this.#answer(answer, "closed");
    }
  }

  /** Asks to come in. Waits while the room is busy. */
  enter(user: User): Promise<Client | "closed"> {
    return new Promise((answer, failed) => {
      this.#arriving.add(answer);
      this.#inbox.send({ kind: "enter", user, answer }).then((accepted) => {
        if (!accepted) this.#answer(answer, "closed");
      }, failed);
    });
  }

  /** Says something as `user`. Waits while the room is busy; false when the room is closed. */
  say(user: User, text: string): Promise<boolean> {
    return this.#inbox.send({ kind: "say", user, text });
  }

  /** Takes one of the user's clients out. Waits while the room is busy; false when the room is closed. */
  leave(user: User): Promise<boolean> {
    return this.#inbox.send({ kind: "leave", user });
  }

  /** Everything said after message number `since`, in order, for as long as the room lives. */
  follow(since: number): Follower<RoomMessage> {
    return this.#log.follow(since);
  }

  /** Takes no more commands; what was accepted is still done, and every follower still gets all of it. */
  close(): void {
    this.#inbox.close();
  }

  #handle(command: RoomCommand): void {
    switch (command.kind) {
      case "enter":
        this.#enter(command.user, command.answer);
        break;
      case "say":
        this.#append({ kind: "text", user: command.user, at: this.#clock.now(), text: command.text });
        break;
      case "leave":
        this.#leave(command.user);
        break;
    }
  }

  #enter(user: User, answer: Answer): void {
    const since = this.#log.last;
    const clients = this.#roster.get(user.key) ?? 0;
    this.#roster.set(user.key, clients + 1);
    if (clients === 0) this.#append({ kind: "entered", user, at: this.#clock.now() });
    this.#answer(answer, new Client(user, this, since));
  }

  #answer(answer: Answer, client: Client | "closed"): void {
    this.#arriving.delete(answer);
    answer(client);
  }

  #leave(user: User): void {
    const clients = this.#roster.get(user.key);
    if (clients === undefined) throw new Error("someone left a room they were not in");
    if (clients > 1) {
      this.#roster.set(user.key, clients - 1);
    } else {
      this.#roster.delete(user.key);
      this.#append({ kind: "left", user, at: this.#clock.now() });
    }
  }

  #append(message: RoomMessage): void {
    this.#log.append(message);
  }
}

/** A string holds up to 2 bytes a character. */
function commandBytes(command: RoomCommand): number {
  return command.kind === "say" ? 2 * command.text.length : 0;
}

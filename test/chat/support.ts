import { Client, type MessageSink } from "../../src/chat/client.ts";
import type { RoomMessage, Signal } from "../../src/chat/message.ts";
import { Room } from "../../src/chat/room.ts";
import type { EnterAnswer, Entered, Since } from "../../src/chat/room-commands.ts";
import type { Past } from "../../src/chat/room-state.ts";
import { MemoryJournal } from "../../src/journal/memory.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { HistoryBudget } from "../../src/memory/history-budget.ts";
import { type PersonId, parseName, type User } from "../../src/people/user.ts";
import { FakeClock } from "../support/fake-clock.ts";

const always = Number.POSITIVE_INFINITY;

/** A reader of a room's messages, which takes so many of them and is full then. */
export class Reader implements MessageSink {
  readonly heard: string[] = [];
  readonly messages: RoomMessage[] = [];
  /** The numbers it got, and those it missed, as they came. */
  readonly spans: { first: number; end: number }[] = [];
  /** The names in the newest signals. */
  presence: readonly string[] | undefined;
  typing: readonly string[] | undefined;
  /** Every signal it took. */
  readonly signals: Signal[] = [];
  /** How many messages it still takes; signals only while there is any. */
  takes: number;
  #waiting: (() => void)[] = [];

  constructor(takes: number) {
    this.takes = takes;
  }

  deliver(messages: readonly RoomMessage[]): number {
    const taken = messages.slice(0, this.takes);
    this.messages.push(...taken);
    for (const { seq } of taken) this.spans.push({ first: seq, end: seq });
    this.heard.push(...taken.map(inWords));
    this.takes -= taken.length;
    return taken.length;
  }

  signal(signal: Signal): boolean {
    if (this.takes === 0) return false;
    this.signals.push(signal);
    this[signal.kind] = signal.names;
    return true;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  missed(first: number, last: number): "go on" | "stop" {
    this.heard.push(`missed ${first} to ${last}`);
    this.spans.push({ first, end: last });
    return "go on";
  }

  goOn(takes = always): void {
    this.takes = takes;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function inWords(message: RoomMessage): string {
  const { name } = message.user;
  switch (message.kind) {
    case "text":
      return message.deleted ? `${name} deleted this` : `${name}: ${message.text}`;
    case "edited":
      return `${name} edited ${message.of}: ${message.text}`;
    case "deleted":
      return `${name} deleted ${message.of}`;
    default:
      return `${name} ${message.kind}`;
  }
}

interface Coming {
  takes?: number;
  reader?: Reader;
  /** Version 1's "now", unless told: what happens from then on. */
  since?: Since;
}

/** A room in virtual time. */
export function openRoom({ history = 100, historyBytes = 1_000_000, historyBudget = ample() } = {}) {
  const clock = new FakeClock();
  /** How many people there were, at each change. */
  const people: number[] = [];
  const room = new Room({
    name: "test",
    isPrivate: false,
    openedBy: undefined,
    history,
    historyBytes,
    historyBudget,
    connectionsMax: 10,
    clock,
    past: newRoom,
    journal: (inbox) => new MemoryJournal(inbox),
    peopleChanged: (count) => void people.push(count),
  });
  const life = room.run();
  life.catch(() => {}); // whoever cares awaits it

  const settle = () => clock.settle();
  /** What comes of something that the room may give its readers turns for. */
  const outcome = async <T>(promise: Promise<T>): Promise<T> => {
    await settle();
    return promise;
  };

  const enter = async (name: string, coming: Coming = {}) => {
    const { takes = always, reader = new Reader(takes) } = coming;
    const since = "since" in coming ? coming.since : "now";
    const entered = letIn(await outcome(room.enter(user(name), { since, pass: { kind: "none" } })));
    const client = new Client(user(name), room, entered.from);
    return Object.assign(reader, { client, entered, life: client.run(reader) });
  };
  return { room, life, clock, people, enter, settle, outcome };
}

function ample(): HistoryBudget {
  return new HistoryBudget(new ByteBudget({ max: 10_000_000 }));
}

/** Somebody who reads a room. */
export type Visitor = Reader & { client: Client; entered: Entered; life: Promise<void> };

/** Of a room that is new. */
export const newRoom: Past = {
  epoch: "test",
  messages: [],
  nonces: [],
  people: [],
  guests: [],
  invitationsVoidToMs: 0,
};

export function letIn(answer: EnterAnswer): Entered {
  if (answer.kind !== "entered") throw new Error(`nobody comes in: ${answer.kind}`);
  return answer;
}

export function user(name: string): User {
  const parsed = parseName(name);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return { id: `id of ${parsed.name.key}` as PersonId, ...parsed.name };
}

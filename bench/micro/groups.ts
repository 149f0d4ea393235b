/** What is measured: ways to do the same work, in groups. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { FixedBuffer, type Push, Repeater } from "@repeaterjs/repeater";
import { Channel } from "../../src/channel/channel.ts";
import { Log } from "../../src/log/log.ts";
import {
  type ClientMessage,
  encodeMessage,
  MessageType,
  parseClientMessage,
  type ServerMessage,
} from "../../src/protocol/v1.ts";
import {
  type ClientMessageV2,
  encodeFrame,
  type LogEntryV2,
  parseClientFrame,
  parseServerFrame,
  Type,
} from "../../src/protocol/v2.ts";
import type { Group, Pass } from "./rows.ts";

/** Messages in one run: so many that to open and to close costs nothing beside them. */
const MESSAGES = 10_000;
/** Messages that are buffered before the sender waits. */
const CAPACITY = 1024;
/** Readers that all wait: the people of a large room. */
const READERS = 1000;

/** One sender and one receiver that wait for each message: how a connection hands a line to its room. */
export const oneByOne: Group = {
  name: "one by one",
  passes: [
    pass("channel, send and for await", async () => {
      const channel = new Channel<number>({ capacity: CAPACITY });
      const received = countEach(channel);
      for (let n = 0; n < MESSAGES; n += 1) await channel.send(n);
      channel.close();
      return received;
    }),
    pass("channel, send and receive", async () => {
      const channel = new Channel<number>({ capacity: CAPACITY });
      const received = countReceived(channel);
      for (let n = 0; n < MESSAGES; n += 1) await channel.send(n);
      channel.close();
      return received;
    }),
    pass("Repeater, push and for await", () => {
      const repeater = new Repeater<number>(async (push, stop) => {
        for (let n = 0; n < MESSAGES; n += 1) await push(n);
        stop();
      }, new FixedBuffer(CAPACITY));
      return countEach(repeater);
    }),
    pass("array with a promise to wake up", async () => {
      const queue = new Queue<number>();
      const received = countShifted(queue);
      for (let n = 0; n < MESSAGES; n += 1) {
        queue.push(n);
        await undefined; // a turn for the receiver, as an awaited `send` gives it one
      }
      return received;
    }),
    pass("PassThrough, write and for await", async () => {
      const stream = objectStream();
      const received = countEach<number>(stream);
      await writeAll(stream);
      return received;
    }),
  ],
};

/** One sender and one receiver that wait only when there is no room, or nothing there. */
export const inBatches: Group = {
  name: "in batches",
  passes: [
    pass("channel, one sender and one receiver in batches", async () => {
      const channel = new Channel<number>({ capacity: CAPACITY });
      const received = countBatches(channel.batches(CAPACITY));
      for (let n = 0; n < MESSAGES; n += 1) {
        if (channel.trySend(n) === "full") await channel.send(n);
      }
      channel.close();
      return received;
    }),
    pass("Repeater, arrays pushed", () => {
      const repeater = new Repeater<number[]>(async (push, stop) => {
        for (let n = 0; n < MESSAGES; n += CAPACITY) await push(batchFrom(n));
        stop();
      });
      return countBatches(repeater);
    }),
    pass("array with a promise to wake up, swapped", async () => {
      const queue = new Queue<number>();
      const received = countSwapped(queue);
      for (let n = 0; n < MESSAGES; n += 1) {
        if (queue.items.length >= CAPACITY) await undefined;
        queue.push(n);
      }
      return received;
    }),
    pass("PassThrough, write and data", async () => {
      const stream = objectStream();
      let received = 0;
      stream.on("data", () => {
        received += 1;
      });
      const ended = once(stream, "end");
      await writeAll(stream);
      await ended;
      return received;
    }),
  ],
};

/** One line that wakes everybody, delivered to each. */
export function wakeAll(): Group {
  return {
    name: `one line wakes ${READERS.toLocaleString("en")} readers`,
    passes: [followers(), repeaters()],
  };
}

function pass(name: string, run: Pass["run"]): Pass {
  return { name, messages: MESSAGES, run };
}

async function countEach<T>(source: AsyncIterable<T>): Promise<number> {
  let received = 0;
  for await (const _ of source) received += 1;
  return received;
}

async function countReceived(channel: Channel<number>): Promise<number> {
  let received = 0;
  while ((await channel.receive()).kind === "value") received += 1;
  return received;
}

async function countBatches<T>(source: AsyncIterable<T[]>): Promise<number> {
  let received = 0;
  for await (const batch of source) received += batch.length;
  return received;
}

async function countShifted(queue: Queue<number>): Promise<number> {
  for (let received = 0; received < MESSAGES; received += 1) {
    while (queue.items.length === 0) await queue.filled();
    queue.items.shift();
  }
  return MESSAGES;
}

async function countSwapped(queue: Queue<number>): Promise<number> {
  let received = 0;
  while (received < MESSAGES) {
    while (queue.items.length === 0) await queue.filled();
    received += queue.swap().length;
  }
  return received;
}

function batchFrom(first: number): number[] {
  const batch: number[] = [];
  for (let n = first; n < MESSAGES && batch.length < CAPACITY; n += 1) batch.push(n);
  return batch;
}

function objectStream(): PassThrough {
  return new PassThrough({ objectMode: true, highWaterMark: CAPACITY });
}

async function writeAll(stream: PassThrough): Promise<void> {
  for (let n = 0; n < MESSAGES; n += 1) {
    if (!stream.write(n)) await once(stream, "drain");
  }
  stream.end();
}

function followers(): Pass {
  const log = new Log<number>({ capacity: 1000, bytes: { max: 8000, of: () => 8 }, turn: setImmediate });
  const readers = new Readers(() => log.follow(0));
  return { name: "followers of a log", messages: READERS, run: () => readers.hear(() => log.append(1)) };
}

function repeaters(): Pass {
  const pushes: Push<number>[] = [];
  const readers = new Readers(
    () =>
      new Repeater<number>(async (push, stop) => {
        pushes.push(push);
        await stop;
      }),
  );
  const pushAll = () => {
    for (const push of pushes) void push(1);
  };
  return { name: "a Repeater each", messages: READERS, run: () => readers.hear(pushAll) };
}

/** Loops that wait, each over a source of its own. */
class Readers {
  #heard = 0;
  #allHeard: () => void = () => {};

  constructor(source: () => AsyncIterable<unknown>) {
    for (let reader = 0; reader < READERS; reader += 1) void this.#read(source());
  }

  /** Runs `say`, which every reader hears once. Returns how many have heard it, when all have. */
  async hear(say: () => void): Promise<number> {
    this.#heard = 0;
    const allHeard = new Promise<void>((resolve) => {
      this.#allHeard = resolve;
    });
    say();
    await allHeard;
    return this.#heard;
  }

  async #read(source: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of source) {
      this.#heard += 1;
      if (this.#heard === READERS) this.#allHeard();
    }
  }
}

/** A queue without bound and end, for one receiver: an array, and a promise that wakes it. */
class Queue<T> {
  items: T[] = [];
  #wake: () => void = () => {};

  push(item: T): void {
    this.items.push(item);
    if (this.items.length === 1) this.#wake();
  }

  /** Settles when the next item comes. Only for a receiver that found the queue empty. */
  filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Takes all items. */
  swap(): T[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}

/** How often one run goes through the messages. */
const PROTOCOL_ROUNDS = 200;

/** What people say: short and longer, with and without characters that JSON escapes or that are no ASCII. */
const texts = [
  "hi",
  "shall we meet at eight, at the old bridge?",
  'he said "no" — then\tyes',
  "größer, 早上好, 🌊",
  "a longer line, as people write one when they have something to explain. ".repeat(4),
];
const user = { id: "mB3Rz0Qe9xTa", name: "marguerite" };
const room = "lobby";

const fromClientV1: ClientMessage[] = texts.map((text) => ({ type: MessageType.Text, text }));
const fromServerV1: ServerMessage[] = texts.map((text) => ({ type: MessageType.Text, user, text }));
const fromClientV2: ClientMessageV2[] = texts.map((text, at) => ({
  type: Type.Text,
  room,
  text,
  nonce: `n${at}`,
}));
const fromServerV2: LogEntryV2[] = texts.map((text, seq) => ({
  type: Type.Text,
  room,
  seq,
  at: 1.7e12,
  user,
  text,
}));

/** Reading and writing each version beside the JSON in it, which checks nothing. */
export const protocol: readonly Group[] = [
  protocolGroup("v1 parse, as the server does", fromClientV1.map(encodeMessage), {
    parseClientMessage: (frame) => parseClientMessage(frame).kind === "message",
    "JSON.parse": isParsed,
  }),
  protocolGroup("v1 encode, as the server does", fromServerV1, {
    encodeMessage: (message) => encodeMessage(message).length > 0,
    "JSON.stringify": isWritten,
  }),
  protocolGroup("v2 parse, as the server does", fromClientV2.map(encodeFrame), {
    parseClientFrame: (frame) => parseClientFrame(frame).kind === "frame",
    "JSON.parse": isParsed,
  }),
  protocolGroup("v2 parse, as the page does", fromServerV2.map(encodeFrame), {
    parseServerFrame: (frame) => parseServerFrame(frame).kind === "frame",
    "JSON.parse": isParsed,
  }),
  protocolGroup("v2 encode, as the server does", fromServerV2, {
    encodeFrame: (message) => encodeFrame(message).length > 0,
    "JSON.stringify": isWritten,
  }),
];

/** @param ways what is measured, each with its name. It returns whether it understood the message. */
function protocolGroup<M>(
  name: string,
  messages: readonly M[],
  ways: Record<string, (message: M) => boolean>,
): Group {
  const passes = Object.entries(ways).map(([way, handle]) => ({
    name: way,
    messages: PROTOCOL_ROUNDS * messages.length,
    run() {
      let understood = 0;
      for (let round = 0; round < PROTOCOL_ROUNDS; round += 1) {
        for (const message of messages) understood += Number(handle(message));
      }
      return understood;
    },
  }));
  return { name, passes };
}

function isParsed(frame: string): boolean {
  return typeof JSON.parse(frame) === "object";
}

function isWritten(message: unknown): boolean {
  return JSON.stringify(message).length > 0;
}

/** What the clients of a soak do: one visit after the other, of which each is one connection. */
import { randomInt } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClientMessageV2, Type } from "../../src/protocol/v2.ts";
import { Client, type Exit, exits } from "../load-test/client.ts";
import { type Received, readBeginning, type Version } from "../load-test/received.ts";
import type { SoakedServer } from "./server.ts";

/** What all clients have done and met together. */
export class VisitCounts {
  /** Connected now. */
  here = 0;
  /** Connections there have been. */
  visits = 0;
  said = 0;
  /** Frames that came. */
  heard = 0;
  /** Lines refused, in version 2 and as far as the server says so in version 1. */
  refused = 0;
  /** Readers that were told of messages they missed, in version 2. */
  gaps = 0;
  /** How connections ended, each with how often: close codes, or how the client left. */
  readonly endings: Record<string, number> = {};

  ended(how: string): void {
    this.here -= 1;
    this.endings[how] = (this.endings[how] ?? 0) + 1;
  }

  received(received: Received): void {
    if (received.kind === "refused") this.refused += 1;
    if (received.kind === "gap") this.gaps += 1;
  }
}

/** Lets `clients` come and go for `ms`, and settles when the last has gone. */
export async function visit(
  server: SoakedServer,
  counts: VisitCounts,
  clients: number,
  ms: number,
): Promise<void> {
  const tokens = Array.from({ length: NAMES }, (_, at) => server.token(`soak${String(at).padStart(3, "0")}`));
  let turn = 0;
  const nextToken = () => {
    turn += 1;
    return tokens[turn % NAMES] ?? "";
  };
  const over = AbortSignal.timeout(ms);
  setMaxListeners(0, over); // everybody waits for it, some who have gone too
  const context: Context = { port: server.port, counts, over, nextToken };
  await Promise.all(
    Array.from({ length: clients }, async (_, at) => {
      const behave = behaviourOf(at / clients);
      while (!over.aborted) {
        await behave(context);
        await pause(100, over);
      }
    }),
  );
}

/** Names there are. All are taken in the first turn, and stay taken for months. */
const NAMES = 100;

interface Context {
  port: number;
  counts: VisitCounts;
  /** Every visit ends soon after it aborts. */
  over: AbortSignal;
  /** Somebody's session token, in turn. */
  nextToken(): string;
}

/** One connection from beginning to end. */
type Behaviour = (context: Context) => Promise<void>;

const LOBBY = "lobby";
const rooms = [LOBBY, "garden", "kitchen", "attic"] as const;

/** Talks in some rooms. */
const chat: Behaviour = (context) =>
  stay(context, async (client) => {
    const untilMs = Date.now() + randomInt(1000, 20_000);
    while (client.isOpen && Date.now() < untilMs && !context.over.aborted) {
      act(context, client, oneOf(rooms));
      await pause(randomInt(200, 1500), context.over);
    }
    return oneOf(exits);
  });

/** Says long lines, near the pace of bytes that is allowed. */
const sayLongLines: Behaviour = (context) =>
  stay(context, async (client) => {
    const text = "Ich weiß nicht, was soll es bedeuten. ".repeat(200);
    while (client.isOpen && !context.over.aborted) {
      say(context, client, LOBBY, text);
      await pause(150, context.over);
    }
    return "politely";
  });

/** Does not read for a while; then reads on, or leaves without having read. */
const readSlowly: Behaviour = (context) =>
  stay(context, async (client) => {
    client.stopReading();
    await pause(randomInt(5000, 30_000), context.over);
    if (happens(0.3)) return "by reset";
    client.resumeReading();
    await pause(randomInt(500, 3000), context.over);
    return oneOf(exits);
  });

/** Says more than is allowed: a little more, which is refused, or far more, which closes the connection. */
const flood: Behaviour = (context) =>
  stay(context, async (client) => {
    const [lines, everyMs] = oneOf([
      [2000, 0],
      [20, 500],
    ]);
    for (let wave = 0; wave < 8 && client.isOpen && !context.over.aborted; wave += 1) {
      for (let line = 0; line < lines; line += 1) say(context, client, LOBBY, `wave ${wave}, line ${line}`);
      await pause(everyMs, context.over);
    }
    await pause(2000, context.over);
    return oneOf(exits);
  });

/** Never logs in: is silent, or sends something that the server does not take. */
const neverLogIn: Behaviour = async (context) => {
  const client = await connect(context);
  const [frame, ms] = oneOf<[string | Buffer, number]>([
    ["", 40_000],
    ["not JSON", 500],
    [Buffer.from([1, 2, 3]), 500],
    ['{"type":2,"text":"no token"}', 2000],
    ['{"type":1,"room":"lobby","text":"me first","nonce":"1"}', 2000],
  ]);
  if (frame.length > 0) client.sendFrame(frame);
  await Promise.race([client.ended, pause(ms, context.over)]);
  await client.leave(oneOf(exits));
};

/** Of a hundred clients, how many behave how. */
const shares: readonly (readonly [Behaviour, number])[] = [
  [chat, 62],
  [readSlowly, 16],
  [sayLongLines, 6],
  [flood, 8],
  [neverLogIn, 8],
];

/** @param place from 0 up to 1. */
function behaviourOf(place: number): Behaviour {
  let below = 0;
  for (const [behaviour, share] of shares) {
    below += share / 100;
    if (place < below) return behaviour;
  }
  return chat;
}

/** Logs in, in either version, joins some rooms, and leaves as `during` returns. */
async function stay(context: Context, during: (client: Client) => Promise<Exit>): Promise<void> {
  const client = await connect(context);
  const token = context.nextToken();
  const isIn = await client.logIn({ kind: "token", token }).then(
    () => true,
    () => false,
  );
  if (!isIn) return;
  request(client, { type: Type.Join, room: LOBBY });
  if (happens(0.5)) request(client, { type: Type.Join, room: oneOf(rooms) });
  const exit = await Promise.race([during(client), client.ended.then((): Exit => "politely")]);
  await client.leave(exit);
}

async function connect({ port, counts }: Context): Promise<Client> {
  const target = {
    url: `ws://127.0.0.1:${port}/connect`,
    origin: undefined,
    version: oneOf<Version>([1, 2]),
  };
  const read = (frame: string) => {
    counts.heard += 1;
    return readBeginning(frame);
  };
  const client = await Client.connect(target, read, (received) => counts.received(received));
  counts.visits += 1;
  counts.here += 1;
  void client.ended.then((ending) =>
    counts.ended(ending.kind === "left" ? ending.exit : `closed ${ending.code}`),
  );
  return client;
}

/** One of what people do. */
function act(context: Context, client: Client, room: string): void {
  const what = randomInt(100);
  if (what < 70) say(context, client, room, `it is ${new Date().toISOString()} in ${room}`);
  else if (what < 80) request(client, { type: Type.Typing, room });
  else if (what < 90) request(client, { type: Type.Join, room });
  else if (what < 95) request(client, { type: Type.Older, room, before: randomInt(1, 1000) });
  else request(client, { type: Type.Leave, room });
}

function say({ counts }: Context, client: Client, room: string, text: string): void {
  if (!client.isOpen) return;
  counts.said += 1;
  client.say(room, text, String(counts.said));
}

/** Version 1 has nothing but lines. */
function request(client: Client, message: ClientMessageV2): void {
  if (client.version === 2) client.send(message);
}

function oneOf<T>(items: readonly [T, ...T[]]): T {
  return items[randomInt(items.length)] ?? items[0];
}

/** @param share how often, from 0 to 1. */
function happens(share: number): boolean {
  return randomInt(1000) < share * 1000;
}

/** Waits that long, or until `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { collect, fateOf, quiet, ticks, watch } from "./support.ts";

const end = { value: undefined, done: true };

type Face = AsyncIterableIterator<number | number[], undefined> & {
  [Symbol.asyncDispose](): Promise<unknown>;
};

/** Both ways to loop over a channel, value by value. */
const faces: Record<string, (channel: Channel<number>) => Face> = {
  "for await": (channel) => channel[Symbol.asyncIterator](),
  batches: (channel) => channel.batches(1),
};

describe.each(Object.entries(faces))("%s", (_, open) => {
  test("receives what was sent before it began and while it waits, and ends when the channel does", async () => {
    const channel = new Channel<number>({ capacity: 2 });
    channel.trySend(1);
    const all = collect(open(channel));
    await quiet();
    channel.trySend(2);
    channel.trySend(3);
    await quiet();
    channel.trySend(4);
    channel.close();
    expect((await all).flat()).toEqual([1, 2, 3, 4]);
  });

  test("meets senders where nothing is buffered", async () => {
    const channel = new Channel<number>({ capacity: 0 });
    const all = collect(open(channel));
    for (let n = 0; n < 5; n += 1) expect(await channel.send(n)).toBe(true);
    const [a, b] = [channel.send(5), channel.send(6)];
    expect(await Promise.all([a, b])).toEqual([true, true]);
    channel.close();
    expect((await all).flat()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("is full for a rendezvous while its body runs", async () => {
    const channel = new Channel<number>({ capacity: 0 });
    const loop = open(channel);
    const got = loop.next();
    expect(channel.trySend(1)).toBe("sent");
    expect(channel.trySend(2)).toBe("full");
    expect([(await got).value].flat()).toEqual([1]);
    expect(channel.trySend(2)).toBe("full");
  });

  test("left by break, closes the channel at once, discards what is buffered and turns senders away", async () => {
    const channel = new Channel<number>({ capacity: 2 });
    const sent = [1, 2, 3, 4, 5].map((n) => channel.send(n));
    for await (const _ of open(channel)) break;
    expect(channel.closed).toBe(true);
    expect(await Promise.all(sent)).toEqual([true, true, true, false, false]);
    expect([channel.discarded, channel.length]).toEqual([2, 0]);
  });

  test("left by a throw, closes the channel and passes the error on", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    channel.trySend(1);
    const body = async () => {
      for await (const n of open(channel)) throw new Error(`did not like ${n}`);
    };
    await expect(body()).rejects.toThrow("did not like 1");
    expect(channel.closed).toBe(true);
  });

  test("left before it began, closes the channel", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    channel.trySend(1);
    const loop = open(channel);
    expect(await loop.return?.()).toEqual(end);
    expect(channel.trySend(2)).toBe("closed");
    expect(await loop.next()).toEqual(end);
    expect(channel.discarded).toBe(1);
  });

  test("left while it waits, ends the pending next()", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    const loop = open(channel);
    const waiting = loop.next();
    const left = loop.return?.();
    expect(channel.trySend(1)).toBe("closed");
    expect(await Promise.all([waiting, left])).toEqual([end, end]);
  });

  test("disposed of, closes the channel", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    await open(channel)[Symbol.asyncDispose]();
    expect(channel.closed).toBe(true);
  });

  test("refuses a second next() while one waits", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    const loop = open(channel);
    const first = loop.next();
    await expect(loop.next()).rejects.toThrow("a call that still waits is already receiving");
    channel.trySend(1);
    expect([(await first).value].flat()).toEqual([1]);
  });

  test("lets anyone hear of the end when it is over", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    channel.close();
    await collect(open(channel));
    expect(await channel.receive()).toEqual({ kind: "closed" });
    expect(await collect(open(channel))).toEqual([]);
  });
});

test("a loop that is thrown into closes the channel and rejects", async () => {
  for (const waiting of [false, true]) {
    const channel = new Channel<number>({ capacity: 1 });
    const loop = channel[Symbol.asyncIterator]();
    const next = waiting ? loop.next() : undefined;
    await expect(loop.throw(new Error("out"))).rejects.toThrow("out");
    if (next !== undefined) expect(await next).toEqual(end);
    expect(channel.closed).toBe(true);
  }
});

test("a loop takes values that are undefined, and functions, as they are", async () => {
  const channel = new Channel<unknown>({ capacity: 3 });
  const call = () => 1;
  for (const v of [undefined, null, call]) channel.trySend(v);
  channel.close();
  expect(await collect(channel)).toEqual([undefined, null, call]);
});

test("a batch has everything there is, up to its max, also from senders that wait", async () => {
  const channel = new Channel<number>({ capacity: 2 });
  const loop = channel.batches(4);
  const first = loop.next();
  channel.trySend(1);
  channel.trySend(2);
  expect((await first).value).toEqual([1, 2]);
  const sent = [3, 4, 5, 6, 7].map((n) => channel.send(n));
  expect((await loop.next()).value).toEqual([3, 4, 5, 6]);
  expect((await loop.next()).value).toEqual([7]);
  expect(await Promise.all(sent)).toEqual([true, true, true, true, true]);
});

test.each(Object.entries(faces))("%s: two loops that feed each other let timers run", async (_, open) => {
  const hops = 3000;
  let turns = 0;
  let ran = false;
  const next = () => {
    turns += 1;
    return turn();
  };
  const options = { capacity: 4, turn: { every: 100, next } };
  const [ping, pong] = [new Channel<number>(options), new Channel<number>(options)];
  const pass = async (from: Channel<number>, to: Channel<number>) => {
    for await (const got of open(from)) {
      const [n = 0] = [got].flat();
      if (n === hops) break;
      to.trySend(n + 1);
    }
    to.close();
  };
  setImmediate(() => {
    ran = true;
  });
  ping.trySend(0);
  await Promise.all([pass(ping, pong), pass(pong, ping)]);
  expect(turns).toBe(hops / 100);
  expect(ran).toBe(true);
});

test("a loop that is left while it waits for its turn still gets the value it has taken", async () => {
  const channel = new Channel<number>({ capacity: 2, turn: { every: 1, next: () => turn() } });
  channel.trySend(1);
  channel.trySend(2);
  const loop = channel[Symbol.asyncIterator]();
  const taken = watch(loop.next());
  await ticks(10);
  expect(taken.fate.kind).toBe("pending");
  const left = loop.return();
  expect(channel.discarded).toBe(1);
  expect(await fateOf(left)).toEqual({ kind: "resolved", value: end });
  expect(taken.fate).toEqual({ kind: "resolved", value: { value: 1, done: false } });
});

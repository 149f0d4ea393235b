import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { ReceiverTaken, TooManySenders } from "../../src/channel/core.ts";
import { collect, fateOf, quiet, watch } from "./support.ts";

const value = <T>(v: T) => ({ kind: "value", value: v });
const resolved = <T>(v: T) => ({ kind: "resolved", value: v });
const pending = { kind: "pending" };
const closed = { kind: "closed" };

function filled(capacity: number): Channel<string> {
  const channel = new Channel<string>({ capacity });
  for (let i = 0; i < capacity; i += 1) channel.trySend(`v${i}`);
  return channel;
}

function closedOne(): Channel<string> {
  const channel = filled(1);
  channel.close();
  return channel;
}

describe("each state answers each event", () => {
  const states = {
    "empty, capacity 2": () => new Channel<string>({ capacity: 2 }),
    full: () => filled(2),
    "empty rendezvous": () => new Channel<string>({ capacity: 0 }),
    "rendezvous with a waiting sender": () => {
      const channel = new Channel<string>({ capacity: 0 });
      void channel.send("v0");
      return channel;
    },
    "rendezvous with a waiting receiver": () => {
      const channel = new Channel<string>({ capacity: 0 });
      void channel.receive();
      return channel;
    },
    "closed, one left": closedOne,
    "closed and drained": () => {
      const channel = closedOne();
      channel.tryReceive();
      return channel;
    },
  };
  test.each([
    ["empty, capacity 2", "sent", resolved(true), { kind: "empty" }, pending],
    ["full", "full", pending, value("v0"), resolved(value("v0"))],
    ["empty rendezvous", "full", pending, { kind: "empty" }, pending],
    ["rendezvous with a waiting sender", "full", pending, value("v0"), resolved(value("v0"))],
    ["rendezvous with a waiting receiver", "sent", resolved(true), ReceiverTaken, ReceiverTaken],
    ["closed, one left", "closed", resolved(false), value("v0"), resolved(value("v0"))],
    ["closed and drained", "closed", resolved(false), closed, resolved(closed)],
  ] as const)("%s", async (state, trySend, send, tryReceive, receive) => {
    expect(states[state]().trySend("x")).toBe(trySend);
    expect(await fateOf(states[state]().send("x"))).toEqual(send);
    if (tryReceive === ReceiverTaken) expect(() => states[state]().tryReceive()).toThrow(tryReceive);
    else expect(states[state]().tryReceive()).toEqual(tryReceive);
    if (receive === ReceiverTaken) await expect(states[state]().receive()).rejects.toThrow(receive);
    else expect(await fateOf(states[state]().receive())).toEqual(receive);
  });
});

describe("construction", () => {
  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses a capacity of %d and says why",
    (capacity) => {
      const message = `capacity must be a whole number from 0 up, not ${capacity}`;
      expect(() => new Channel({ capacity })).toThrow(new RangeError(message));
    },
  );

  test("refuses other bounds that are no whole numbers", () => {
    expect(() => new Channel({ capacity: 1, waitingSenders: -1 })).toThrow("waitingSenders must be");
    expect(() => new Channel({ capacity: 1, bytes: { max: Number.NaN, of: () => 1 } })).toThrow(
      "bytes.max must be",
    );
    expect(() => new Channel({ capacity: 1 }).batches(0)).toThrow(
      "max must be a whole number from 1 up, not 0",
    );
    const turn = { every: 0, next: async () => undefined };
    expect(() => new Channel({ capacity: 1, turn }).batches(1)).toThrow("turn.every must be");
  });
});

describe("waiting senders", () => {
  test("are let in first come first served, and nobody overtakes them", async () => {
    const channel = filled(1);
    const first = watch(channel.send("first"));
    const second = watch(channel.send("second"));
    expect(channel.tryReceive()).toEqual(value("v0"));
    expect(channel.trySend("third")).toBe("full");
    await quiet();
    expect(first.fate).toEqual(resolved(true));
    expect(second.fate).toEqual(pending);
    channel.close();
    await quiet();
    expect(second.fate).toEqual(resolved(false));
    expect(await collect(channel)).toEqual(["first"]);
  });

  test("over their bound are refused", async () => {
    const channel = new Channel<number>({ capacity: 0, waitingSenders: 1 });
    const waiting = channel.send(1);
    await expect(channel.send(2)).rejects.toThrow(TooManySenders);
    expect(channel.tryReceive()).toEqual(value(1));
    expect(await waiting).toBe(true);
  });

  test("that give up leave the line, make room for those behind, and leave no listener", async () => {
    const channel = new Channel<number>({ capacity: 9, bytes: { max: 10, of: (n) => n } });
    channel.trySend(6);
    const abort = new AbortController();
    const large = channel.send(5, { signal: abort.signal });
    const small = channel.send(4, { signal: abort.signal });
    const reason = new Error("enough");
    const refused = expect(large).rejects.toBe(reason);
    const kept = new AbortController();
    const smaller = channel.send(3, { signal: kept.signal });
    abort.abort(reason);
    await refused;
    expect(await fateOf(small)).toMatchObject({ kind: "resolved", value: true });
    expect(await fateOf(smaller)).toEqual(pending);
    channel.close();
    expect(await smaller).toBe(false);
    expect(getEventListeners(kept.signal, "abort")).toEqual([]);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("do not wait with a signal that has aborted before, even where there is room", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    await expect(channel.send(1, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(channel.length).toBe(0);
  });
});

describe("bytes", () => {
  const channelOfBytes = () => new Channel<string>({ capacity: 9, bytes: { max: 10, of: (s) => s.length } });

  test("are bounded, and counted down when a value is received", () => {
    const channel = channelOfBytes();
    expect(channel.trySend("123456")).toBe("sent");
    expect(channel.trySend("12345")).toBe("full");
    expect(channel.trySend("1234")).toBe("sent");
    expect(channel.bytesBuffered).toBe(10);
    channel.tryReceive();
    expect(channel.bytesBuffered).toBe(4);
  });

  test("of one value over the bound throw, since it would never fit", async () => {
    const tooLarge = "a value of 11 bytes never fits in a channel of 10 bytes";
    expect(() => channelOfBytes().trySend("12345678901")).toThrow(new RangeError(tooLarge));
    await expect(channelOfBytes().send("12345678901")).rejects.toThrow(tooLarge);
  });

  test.each([Number.NaN, -1, 0.5])("that come to %d throw", (bytes) => {
    const channel = new Channel<string>({ capacity: 1, bytes: { max: 10, of: () => bytes } });
    expect(() => channel.trySend("a")).toThrow("a value's bytes must be a whole number");
  });
});

describe("one receiver", () => {
  const receivers: Record<string, (channel: Channel<string>) => unknown> = {
    "a receive()": (channel) => void channel.receive(),
    "a for await loop": (channel) => channel[Symbol.asyncIterator](),
    "a loop over batches": (channel) => channel.batches(1),
  };
  test.each(Object.keys(receivers))("%s keeps every other one out", async (holder) => {
    const channel = new Channel<string>({ capacity: 1 });
    receivers[holder]?.(channel);
    const message = `${holder} is already receiving`;
    await expect(channel.receive()).rejects.toThrow(message);
    expect(() => channel.tryReceive()).toThrow(ReceiverTaken);
    expect(() => channel.batches(1)).toThrow(message);
    expect(() => channel[Symbol.asyncIterator]()).toThrow(message);
  });

  test("another may follow when a receive() is over, however it ended", async () => {
    const channel = new Channel<string>({ capacity: 1 });
    const aborted = channel.receive({ signal: AbortSignal.timeout(1) });
    await expect(aborted).rejects.toThrow("timeout");
    const waiting = channel.receive();
    channel.trySend("a");
    const next = channel.receive();
    expect(await waiting).toEqual(value("a"));
    channel.trySend("b");
    expect(await next).toEqual(value("b"));
  });

  test("one that gave up is given nothing", async () => {
    const channel = new Channel<string>({ capacity: 0 });
    const abort = new AbortController();
    const refused = expect(channel.receive({ signal: abort.signal })).rejects.toBe("enough");
    abort.abort("enough");
    expect(channel.trySend("a")).toBe("full");
    await refused;
  });

  test("a value handed over before the signal aborts is received", async () => {
    const channel = new Channel<string>({ capacity: 0 });
    const abort = new AbortController();
    const received = channel.receive({ signal: abort.signal });
    expect(channel.trySend("a")).toBe("sent");
    abort.abort();
    expect(await received).toEqual(value("a"));
  });
});

test("a promise is refused, since a loop would unwrap it", async () => {
  const channel = new Channel<unknown>({ capacity: 1 });
  const callable = Object.setPrototypeOf(() => undefined, Promise.prototype);
  expect(() => channel.trySend(Promise.resolve(1))).toThrow(TypeError);
  await expect(channel.send(callable)).rejects.toThrow("a promise can not be sent");
  expect(channel.trySend(JSON.parse('{"then":"just a field"}'))).toBe("sent");
});

test("closing twice does nothing more, and disposing closes", async () => {
  const channel = filled(2);
  channel[Symbol.dispose]();
  channel.close();
  expect(channel.closed).toBe(true);
  expect(await collect(channel)).toEqual(["v0", "v1"]);
  expect(channel.discarded).toBe(0);
});

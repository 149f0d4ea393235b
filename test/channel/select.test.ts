import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { ReceiverTaken } from "../../src/channel/core.ts";
import { Select } from "../../src/channel/select.ts";
import { fateOf, quiet, ticks } from "./support.ts";

function pair(capacity: number) {
  const number = new Channel<number>({ capacity });
  const word = new Channel<string>({ capacity });
  return { number, word, select: new Select({ number, word }) };
}

test("what is received has its channel's name and type", async () => {
  const { number, select } = pair(1);
  number.trySend(1);
  const got = await select.next();
  expect(got).toEqual({ from: "number", kind: "value", value: 1 });
  if (got.kind === "closed") expectTypeOf(got).toEqualTypeOf<{ from: "number" | "word"; kind: "closed" }>;
  else if (got.from === "word") expectTypeOf(got.value).toEqualTypeOf<string>();
  else expectTypeOf(got.value).toEqualTypeOf<number>();
});

describe("a select that waits", () => {
  test("claims exactly one value, whoever sends first", async () => {
    for (const capacity of [0, 1]) {
      const { number, word, select } = pair(capacity);
      const waiting = select.next();
      expect(word.trySend("a")).toBe("sent");
      expect(number.trySend(1)).toBe(capacity === 0 ? "full" : "sent");
      expect(await waiting).toEqual({ from: "word", kind: "value", value: "a" });
      expect(number.length).toBe(capacity);
    }
  });

  test("lets the sender that lost go on waiting", async () => {
    const { number, word, select } = pair(0);
    const waiting = select.next();
    const [won, lost] = [number.send(1), word.send("a")];
    expect(await waiting).toEqual({ from: "number", kind: "value", value: 1 });
    expect(await won).toBe(true);
    expect(await fateOf(lost)).toEqual({ kind: "pending" });
    expect(await select.next()).toEqual({ from: "word", kind: "value", value: "a" });
    expect(await lost).toBe(true);
  });

  test("hears of a close", async () => {
    const { number, select } = pair(0);
    const waiting = select.next();
    number.close();
    expect(await waiting).toEqual({ from: "number", kind: "closed" });
  });

  test("that gives up takes nothing and lets go of every channel", async () => {
    const { number, word, select } = pair(0);
    const abort = new AbortController();
    const waiting = select.next({ signal: abort.signal });
    const refused = expect(waiting).rejects.toBe("enough");
    abort.abort("enough");
    expect(number.trySend(1)).toBe("full");
    await refused;
    expect(word.tryReceive()).toEqual({ kind: "empty" });
    await expect(select.next({ signal: abort.signal })).rejects.toBe("enough");
  });

  test("keeps other receivers out, and is kept out", async () => {
    const { number, word, select } = pair(1);
    void select.next();
    await expect(word.receive()).rejects.toThrow("a select is already receiving");
    await expect(select.next()).rejects.toThrow(ReceiverTaken);
    word.trySend("a");
    await quiet();
    void word.receive();
    await expect(select.next()).rejects.toThrow("a receive() is already receiving");
    expect(number.tryReceive()).toEqual({ kind: "empty" });
  });
});

test("a closed channel first drains, then is closed each time, until it is removed", async () => {
  const { number, word, select } = pair(1);
  number.trySend(1);
  number.close();
  expect(await select.next()).toEqual({ from: "number", kind: "value", value: 1 });
  expect(await select.next()).toEqual({ from: "number", kind: "closed" });
  expect(await select.next()).toEqual({ from: "number", kind: "closed" });
  select.remove("number");
  select.remove("number");
  expect(select.size).toBe(1);
  expect(await fateOf(select.next())).toEqual({ kind: "pending" });
  word.close();
  await quiet();
  expect(await select.next()).toEqual({ from: "word", kind: "closed" });
  select.remove("word");
  await expect(select.next()).rejects.toThrow("a select needs a channel");
});

test("channels that always have something are served in equal shares", async () => {
  const names = ["a", "b", "c", "d"] as const;
  const full = () => {
    const channel = new Channel<number>({ capacity: 100 });
    while (channel.trySend(0) === "sent");
    return channel;
  };
  const [a, b, c, d] = [full(), new Channel<number>({ capacity: 1 }), full(), full()];
  const select = new Select({ a, b, c, d });
  const served: string[] = [];
  for (let i = 0; i < 30; i += 1) served.push((await select.next()).from);
  expect(names.map((name) => served.filter((one) => one === name).length)).toEqual([10, 0, 10, 10]);
  b.trySend(0);
  expect((await select.next()).from).toBe("b");
});

const pause = fc.nat({ max: 8 });
const script = fc.record({
  capacities: fc.tuple(fc.constantFrom(0, 1, 3), fc.constantFrom(0, 1, 3)),
  sendings: fc.array(fc.record({ to: fc.constantFrom("a", "b"), after: pause, wait: fc.boolean() }), {
    maxLength: 40,
  }),
  pauses: fc.infiniteStream(pause),
});

test("nothing is lost, doubled or out of order, whatever is sent, closed and given up", async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ capacities: [one, other], sendings, pauses }) => {
      const channels = {
        a: new Channel<number>({ capacity: one }),
        b: new Channel<number>({ capacity: other }),
      };
      const sent: Record<"a" | "b", number[]> = { a: [], b: [] };
      const got: Record<"a" | "b", number[]> = { a: [], b: [] };
      const send = async () => {
        const waits: Promise<unknown>[] = [];
        for (const [id, { to, after, wait }] of sendings.entries()) {
          await ticks(after);
          if (!wait && channels[to].trySend(id) === "sent") sent[to].push(id);
          if (wait) waits.push(channels[to].send(id).then((accepted) => accepted && sent[to].push(id)));
        }
        await Promise.all(waits);
        channels.a.close();
        channels.b.close();
      };
      const select = new Select(channels);
      const sender = send();
      while (select.size > 0) {
        const [patience = 0, after = 0] = pauses.take(2);
        const abort = new AbortController();
        void ticks(patience).then(() => abort.abort());
        const selected = await select.next({ signal: abort.signal }).catch(() => undefined);
        if (selected?.kind === "closed") select.remove(selected.from);
        if (selected?.kind === "value") got[selected.from].push(selected.value);
        await ticks(after);
      }
      await sender;
      const ascending = (ids: number[]) => ids.toSorted((x, y) => x - y);
      expect(got).toEqual({ a: ascending(sent.a), b: ascending(sent.b) });
    }),
    { numRuns: 500 },
  );
});

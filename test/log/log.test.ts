import { describe, expect, test } from "vitest";
import { type Batch, Log } from "../../src/log/log.ts";
import { collect, fateOf, quiet } from "../channel/support.ts";

const end = { value: undefined, done: true };

type Bounds = { capacity?: number; bytesMax?: number; batchMax?: number; batchBytesMax?: number };

/** A log whose turns are run by hand. */
function manual({ capacity = 4, bytesMax = 1000, ...batch }: Bounds = {}) {
  const due: (() => void)[] = [];
  const log = new Log<string, number>({
    capacity,
    bytes: { max: bytesMax, of: (text) => text.length },
    turn: (callback) => due.push(callback),
    ...batch,
  });
  const turn = () => {
    for (const callback of due.splice(0)) callback();
  };
  return { log, due, turn };
}

const entries = (first: number, ...texts: string[]): Batch<string> => ({
  kind: "entries",
  first,
  entries: texts,
});

describe("appending", () => {
  test("numbers entries from 1 and drops the oldest over the capacity", () => {
    const { log } = manual({ capacity: 2 });
    expect([log.first, log.last, log.length, log.bytes]).toEqual([1, 0, 0, 0]);
    expect(["a", "bb", "ccc"].map((text) => log.append(text))).toEqual([1, 2, 3]);
    expect([log.first, log.last, log.length, log.bytes]).toEqual([2, 3, 2, 5]);
  });

  test("drops as many as its bytes ask for, but keeps the newest, whatever its size", () => {
    const { log } = manual({ capacity: 9, bytesMax: 4 });
    for (const text of ["a", "b", "cc", "dd"]) log.append(text);
    expect([log.first, log.bytes]).toEqual([3, 4]);
    log.append("eeeeeeee");
    expect([log.first, log.length, log.bytes]).toEqual([5, 1, 8]);
    log.append("f");
    expect([log.first, log.length, log.bytes]).toEqual([6, 1, 1]);
  });

  test("throws when the log is closed, and when the bytes are no whole number", () => {
    const { log } = manual();
    log.close();
    expect(() => log.append("a")).toThrow("append to a closed log");
    const odd = new Log<string>({
      capacity: 1,
      bytes: { max: 1, of: () => Number.NaN },
      turn: () => undefined,
    });
    expect(() => odd.append("a")).toThrow(RangeError);
    expect(odd.last).toBe(0);
  });

  test("schedules one turn however much is appended, and none with nobody parked", async () => {
    const { log, due } = manual();
    log.append("a");
    const follower = log.follow(0);
    await follower.next();
    expect(due).toEqual([]);
    void follower.next();
    for (const text of ["b", "c", "d"]) log.append(text);
    expect(due.length).toBe(1);
  });
});

describe("a follower", () => {
  test.each([-1, 0.5, Number.NaN, 3])("can not begin at %d in a log of 2", (since) => {
    const { log } = manual();
    log.append("a");
    log.append("b");
    expect(() => log.follow(since)).toThrow(RangeError);
    expect(() => log.read(since)).toThrow(RangeError);
  });

  test("gets all it has not seen as one batch, and waits when there is nothing", async () => {
    const { log, turn } = manual();
    log.append("a");
    log.append("b");
    const follower = log.follow(1);
    expect(await follower.next()).toEqual({ value: entries(2, "b"), done: false });
    expect(follower.cursor).toBe(2);
    const waiting = follower.next();
    log.append("c");
    log.append("d");
    expect(await fateOf(waiting)).toEqual({ kind: "pending" });
    turn();
    expect((await waiting).value).toEqual(entries(3, "c", "d"));
  });

  test("that fell off is told what it missed, and goes on behind the gap", async () => {
    const { log } = manual({ capacity: 2 });
    const follower = log.follow(0);
    for (const text of ["a", "b", "c", "d"]) log.append(text);
    expect((await follower.next()).value).toEqual({ kind: "gap", first: 1, last: 2 });
    expect(follower.cursor).toBe(2);
    expect((await follower.next()).value).toEqual(entries(3, "c", "d"));
  });

  test("gets batches bounded in entries and in bytes, but never an empty one", () => {
    const { log } = manual({ capacity: 9, batchMax: 3, batchBytesMax: 4 });
    for (const text of ["a", "b", "c", "d", "ee", "ff", "too large", "g"]) log.append(text);
    const cursors = [0, 3, 5, 6, 7];
    expect(cursors.map((cursor) => log.read(cursor))).toEqual([
      entries(1, "a", "b", "c"),
      entries(4, "d", "ee"),
      entries(6, "ff"),
      entries(7, "too large"),
      entries(8, "g"),
    ]);
  });

  test("shares its batch with every other one at the same cursor, woken or not", async () => {
    const { log, turn } = manual();
    const woken = [log.follow(0).next(), log.follow(0).next()];
    log.append("a");
    const early = await log.follow(0).next();
    turn();
    const [one, other] = await Promise.all(woken);
    expect(one?.value).toBe(other?.value);
    expect(one?.value).toBe(early.value);
    expect(log.read(0)).toBe(early.value);
    log.append("b");
    expect(early.value).toEqual(entries(1, "a"));
    expect(log.read(0)).toEqual(entries(1, "a", "b"));
  });

  test("that has left ends, also while it waits, and leaves nothing behind", async () => {
    const { log, turn } = manual();
    const followers = Array.from({ length: 3 }, () => log.follow(0));
    const waiting = followers.map((follower) => follower.next());
    expect(log.waiting).toBe(3);
    const [first, second] = followers;
    expect(await first?.return()).toEqual(end);
    await second?.[Symbol.asyncDispose]();
    expect(log.waiting).toBe(1);
    log.append("a");
    turn();
    expect(await Promise.all(waiting)).toEqual([end, end, { value: entries(1, "a"), done: false }]);
    expect(await first?.next()).toEqual(end);
    expect(log.waiting).toBe(0);
  });

  test("that breaks its loop is not parked", async () => {
    const { log } = manual();
    log.append("a");
    for await (const batch of log.follow(0)) if (batch.kind === "entries") break;
    expect(log.waiting).toBe(0);
  });

  test("is told the latest value alone, in the next turn, and at once where it comes later", async () => {
    const { log, due, turn } = manual();
    const follower = log.follow(0);
    const waiting = follower.next();
    log.tell(1);
    log.tell(2);
    expect(due).toHaveLength(1);
    turn();
    expect((await waiting).value).toEqual({ kind: "latest", value: 2 });
    const late = log.follow(0);
    expect((await late.next()).value).toEqual({ kind: "latest", value: 2 });
    const both = [follower.next(), late.next()];
    expect(log.waiting).toBe(2);
    log.close();
    expect(await Promise.all(both)).toEqual([end, end]);
  });

  test("that goes back is told the latest value again, behind the entries", async () => {
    const { log } = manual();
    log.append("a");
    log.tell(1);
    const follower = log.follow(0);
    await follower.next();
    expect((await follower.next()).value).toEqual({ kind: "latest", value: 1 });
    follower.rewind(follower.cursor);
    log.append("b");
    log.tell(2);
    expect((await follower.next()).value).toEqual(entries(2, "b"));
    expect((await follower.next()).value).toEqual({ kind: "latest", value: 2 });
  });

  test("can go back to what it did not take, but not ahead", async () => {
    const { log } = manual({ capacity: 2 });
    for (const text of ["a", "b"]) log.append(text);
    const follower = log.follow(0);
    await follower.next();
    follower.rewind(1);
    expect(follower.cursor).toBe(1);
    expect((await follower.next()).value).toEqual(entries(2, "b"));
    for (const seq of [3, -1, 0.5]) expect(() => follower.rewind(seq)).toThrow(RangeError);
    follower.rewind(0);
    log.append("c");
    expect((await follower.next()).value).toEqual({ kind: "gap", first: 1, last: 1 });
  });

  test("that goes back while it waits has something at once", async () => {
    const { log } = manual();
    log.append("a");
    const follower = log.follow(0);
    await follower.next();
    const waiting = follower.next();
    follower.rewind(0);
    expect((await waiting).value).toEqual(entries(1, "a"));
    expect(log.waiting).toBe(0);
  });

  test("refuses a next() while one waits", async () => {
    const { log, turn } = manual();
    const follower = log.follow(0);
    const waiting = follower.next();
    await expect(follower.next()).rejects.toThrow("while another one waits");
    log.append("a");
    turn();
    expect((await waiting).value).toEqual(entries(1, "a"));
  });

  test("that parks again before the turn comes is not woken for nothing", async () => {
    const { log, turn } = manual();
    void log.follow(0).next();
    log.append("a");
    const late = log.follow(log.last).next();
    turn();
    expect(log.waiting).toBe(1);
    log.append("b");
    turn();
    expect((await late).value).toEqual(entries(2, "b"));
  });

  test("gets what is there when the log closes, and then ends", async () => {
    const { log, turn } = manual();
    log.append("a");
    const behind = collect(log.follow(0));
    const waiting = collect(log.follow(1));
    const nothing = collect(log.follow(1));
    await quiet();
    log.append("b");
    log.close();
    log.close();
    expect(await Promise.all([behind, waiting, nothing])).toEqual([
      [entries(1, "a"), entries(2, "b")],
      [entries(2, "b")],
      [entries(2, "b")],
    ]);
    turn();
    expect(await collect(log.follow(2))).toEqual([]);
    expect([log.closed, log.waiting]).toEqual([true, 0]);
  });
});

describe("replacing", () => {
  test("puts a value in the place of an entry, for those who read it from then on", async () => {
    const { log } = manual();
    for (const text of ["a", "secret", "c"]) log.append(text);
    const read = log.read(0);
    log.replace(2, "");
    expect([log.get(1), log.get(2), log.get(3)]).toEqual(["a", "", "c"]);
    expect([log.first, log.last, log.length, log.bytes]).toEqual([1, 3, 3, 2]);
    expect(read).toEqual(entries(1, "a", "secret", "c"));
    expect(log.read(0)).toEqual(entries(1, "a", "", "c"));
  });

  test("wakes nobody, for what they wait for is new", async () => {
    const { log, due } = manual();
    log.append("a");
    void log.follow(1).next();
    log.replace(1, "");
    expect(due).toEqual([]);
  });

  test("makes the bytes free for what is appended", () => {
    const { log } = manual({ bytesMax: 4 });
    for (const text of ["aa", "bb"]) log.append(text);
    log.replace(2, "");
    log.append("cc");
    expect([log.first, log.bytes]).toEqual([1, 4]);
    log.append("d");
    expect([log.first, log.bytes]).toEqual([2, 3]);
  });

  test.each([0, 1, 5, 2.5, Number.NaN])("has no entry %d in a log of 2 to 4", (seq) => {
    const { log } = manual({ capacity: 3 });
    for (const text of ["a", "b", "c", "d"]) log.append(text);
    expect(log.get(seq)).toBeUndefined();
    expect(() => log.replace(seq, "")).toThrow(RangeError);
  });

  test("takes as many bytes as were there, and no more", () => {
    const { log } = manual();
    log.append("ab");
    expect(() => log.replace(1, "abc")).toThrow(RangeError);
    log.replace(1, "xy");
    log.replace(1, "z");
    expect(() => log.replace(1, "xy")).toThrow(RangeError);
    expect([log.get(1), log.bytes]).toEqual(["z", 1]);
  });
});

describe("a crowded log", () => {
  test("has more than a quarter of its entries unseen by one that waits", async () => {
    const { log, turn } = manual({ capacity: 8 });
    for (let i = 0; i < 8; i += 1) log.append("x");
    expect(log.crowded).toBe(false);
    void log.follow(log.last).next();
    log.append("x");
    log.append("x");
    void log.follow(log.last).next();
    expect(log.crowded).toBe(false);
    log.append("x");
    expect(log.crowded).toBe(true);
    turn();
    expect(log.crowded).toBe(false);
  });

  test("has more than a quarter of its bytes unseen by one that waits", () => {
    const { log } = manual({ capacity: 100, bytesMax: 8 });
    void log.follow(0).next();
    log.append("xx");
    expect(log.crowded).toBe(false);
    log.append("x");
    expect(log.crowded).toBe(true);
  });
});

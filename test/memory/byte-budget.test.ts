import { describe, expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { Log } from "../../src/log/log.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";

const of = (text: string) => text.length;

function channels(pool: ByteBudget): [Channel<string>, Channel<string>] {
  const open = () => new Channel<string>({ capacity: 9, bytes: { max: 90, of, pool } });
  return [open(), open()];
}

describe("channels of one pool", () => {
  test("are full when one of them has more than is left for all, and the other still takes as much as that", () => {
    const [hog, other] = channels(new ByteBudget({ max: 30 }));
    expect(hog.trySend("x".repeat(10))).toBe("sent");
    expect(hog.trySend("x".repeat(11))).toBe("full");
    expect(hog.trySend("x".repeat(10))).toBe("sent");
    expect(hog.trySend("")).toBe("full");
    expect(other.trySend("x".repeat(11))).toBe("full");
    expect(other.trySend("x".repeat(10))).toBe("sent");
  });

  test("take their share, whatever the others have", () => {
    const pool = new ByteBudget({ max: 10, share: 5 });
    const [hog, other] = channels(pool);
    hog.trySend("x".repeat(10));
    expect(other.trySend("x".repeat(5))).toBe("sent");
    expect(other.trySend("x")).toBe("full");
    expect(pool.used).toBe(15);
  });

  test("hand nothing to a receiver that waits where the pool has no room", () => {
    const pool = new ByteBudget({ max: 10 });
    const [, other] = channels(pool);
    pool.add(1, 10);
    void other.receive();
    expect(other.trySend("x")).toBe("full");
  });

  test("give back what is received, and what nobody will", async () => {
    const pool = new ByteBudget({ max: 100, itemBytes: 7, perByte: 2 });
    const [one, other] = channels(pool);
    for (const channel of [one, other]) for (const text of ["a", "bc"]) channel.trySend(text);
    expect(pool.used).toBe(2 * (2 * 7 + 2 * 3));
    await one.receive();
    expect(pool.used).toBe(7 + 4 + 20);
    for await (const _ of other) break;
    expect(pool.used).toBe(7 + 4);
    await one.batches(1).return();
    expect(pool.used).toBe(0);
  });
});

describe("a log in a pool", () => {
  const open = (pool: ByteBudget) =>
    new Log<string>({ capacity: 4, bytes: { max: 20, of, pool }, turn: setImmediate });

  test("counts what it keeps, and the batches that are shared until it changes", () => {
    const pool = new ByteBudget({ max: 100 });
    const log = open(pool);
    for (const text of ["aaaa", "bbbb"]) log.append(text);
    expect(pool.used).toBe(8);
    log.read(1);
    expect(pool.used).toBe(12);
    log.replace(2, "");
    expect(pool.used).toBe(4);
    log.close();
    expect(pool.used).toBe(0);
    expect(log.get(1)).toBe("aaaa");
  });

  test("shares no batches where the pool has no room", () => {
    const log = open(new ByteBudget({ max: 4 }));
    log.append("aaaa");
    expect(log.read(0)).toEqual(log.read(0));
    expect(log.read(0)).not.toBe(log.read(0));
  });

  test("sheds its oldest, and the newest only where it is alone", () => {
    const pool = new ByteBudget({ max: 100 });
    const log = open(pool);
    for (const text of ["aaaa", "bbbb", "cccc"]) log.append(text);
    log.shed(8);
    expect([log.first, log.last, pool.used]).toEqual([2, 3, 8]);
    log.shed(0);
    expect([log.first, log.last, pool.used]).toEqual([3, 3, 4]);
    log.shed(0);
    expect([log.first, log.last, pool.used]).toEqual([4, 3, 0]);
    log.shed(0);
    expect(log.read(1)).toEqual({ kind: "gap", first: 2, last: 3 });
  });
});

import { describe, expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { Log } from "../../src/log/log.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";

const of = (text: string) => text.length;

function channels(budget: ByteBudget): [Channel<string>, Channel<string>] {
  const open = () => new Channel<string>({ capacity: 9, bytes: { max: 90, of, budget } });
  return [open(), open()];
}

describe("channels of one budget", () => {
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
    const budget = new ByteBudget({ max: 10, share: 5 });
    const [hog, other] = channels(budget);
    hog.trySend("x".repeat(10));
    expect(other.trySend("x".repeat(5))).toBe("sent");
    expect(other.trySend("x")).toBe("full");
    expect(budget.used).toBe(15);
  });

  test("hand nothing to a receiver that waits where the budget has no room", () => {
    const budget = new ByteBudget({ max: 10 });
    const [, other] = channels(budget);
    budget.add(1, 10);
    void other.receive();
    expect(other.trySend("x")).toBe("full");
  });

  test("give back what is received, and what nobody will", async () => {
    const budget = new ByteBudget({ max: 100, itemBytes: 7, perByte: 2 });
    const [one, other] = channels(budget);
    for (const channel of [one, other]) for (const text of ["a", "bc"]) channel.trySend(text);
    expect(budget.used).toBe(2 * (2 * 7 + 2 * 3));
    await one.receive();
    expect(budget.used).toBe(7 + 4 + 20);
    for await (const _ of other) break;
    expect(budget.used).toBe(7 + 4);
    await one.batches(1).return();
    expect(budget.used).toBe(0);
  });
});

describe("a log in a budget", () => {
  const open = (budget: ByteBudget) =>
    new Log<string>({ capacity: 4, bytes: { max: 20, of, budget }, turn: setImmediate });

  test("counts what it keeps, and the batches that are shared until it changes", () => {
    const budget = new ByteBudget({ max: 100 });
    const log = open(budget);
    for (const text of ["aaaa", "bbbb"]) log.append(text);
    expect(budget.used).toBe(8);
    log.read(1);
    expect(budget.used).toBe(12);
    log.replace(2, "");
    expect(budget.used).toBe(4);
    log.close();
    expect(budget.used).toBe(0);
    expect(log.get(1)).toBe("aaaa");
  });

  test("shares no batches where the budget has no room", () => {
    const log = open(new ByteBudget({ max: 4 }));
    log.append("aaaa");
    expect(log.read(0)).toEqual(log.read(0));
    expect(log.read(0)).not.toBe(log.read(0));
  });

  test("sheds its oldest, and the newest only where it is alone", () => {
    const budget = new ByteBudget({ max: 100 });
    const log = open(budget);
    for (const text of ["aaaa", "bbbb", "cccc"]) log.append(text);
    log.shed(8);
    expect([log.first, log.last, budget.used]).toEqual([2, 3, 8]);
    log.shed(0);
    expect([log.first, log.last, budget.used]).toEqual([3, 3, 4]);
    log.shed(0);
    expect([log.first, log.last, budget.used]).toEqual([4, 3, 0]);
    log.shed(0);
    expect(log.read(1)).toEqual({ kind: "gap", first: 2, last: 3 });
  });
});

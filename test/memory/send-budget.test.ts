import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { type BudgetedSocket, SendBudget } from "../../src/memory/send-budget.ts";

/** A socket that holds what the test says. */
class Reader implements BudgetedSocket {
  readonly #budget: SendBudget;
  unsentBytes = 0;
  isCut = false;

  constructor(budget: SendBudget) {
    this.#budget = budget;
  }

  hold(bytes: number): void {
    const before = this.unsentBytes;
    this.unsentBytes = bytes;
    this.#budget.changed(this, before);
  }

  cut(): void {
    this.isCut = true;
    this.hold(0);
  }
}

function opened(max: number, count: number) {
  const bytes = new ByteBudget({ max });
  let cuts = 0;
  const budget = new SendBudget(bytes, () => {
    cuts += 1;
  });
  const readers = Array.from({ length: count }, () => new Reader(budget));
  return { bytes, budget, readers, cuts: () => cuts };
}

test("a socket is full sooner when less is left for all, down to the least", () => {
  const { budget, readers } = opened(1_000_000, 1);
  const max = () => budget.socketBytesMax;
  expect(max()).toBe(limits.unsentBytesSoft);
  for (const left of [limits.unsentBytesSoft, 10_000, limits.unsentBytesLeast]) {
    readers[0]?.hold(1_000_000 - left);
    expect(max()).toBe(left);
  }
  readers[0]?.hold(1_000_000);
  expect(max()).toBe(limits.unsentBytesLeast);
});

test("up to the bound nobody is cut; over it the largest go, until an eighth is free", () => {
  const { bytes, readers, cuts } = opened(1000, 40);
  readers.forEach((reader, n) => {
    reader.hold(n < 4 ? 145 + n : 10);
  });
  readers[4]?.hold(1000 - bytes.used + 10);
  expect([bytes.used, cuts()]).toEqual([1000, 0]);
  readers[5]?.hold(11);
  expect(cuts()).toBe(1);
  expect(readers.map(({ isCut }) => isCut).indexOf(true)).toBe(3);
  expect(bytes.used).toBeLessThanOrEqual(875);
});

test("the largest may be the one that has just grown", () => {
  const { bytes, readers } = opened(1000, 2);
  readers[0]?.hold(400);
  readers[1]?.hold(601);
  expect(readers.map(({ isCut }) => isCut)).toEqual([false, true]);
  expect(bytes.used).toBe(400);
});

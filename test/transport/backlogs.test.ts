import { expect, test } from "vitest";
import { Pool } from "../../src/channel/pool.ts";
import { limits } from "../../src/limits.ts";
import { type Backlogged, Backlogs } from "../../src/transport/backlogs.ts";

/** A socket that holds what the test says. */
class Reader implements Backlogged {
  readonly #backlogs: Backlogs;
  backlogBytes = 0;
  isCut = false;

  constructor(backlogs: Backlogs) {
    this.#backlogs = backlogs;
  }

  hold(bytes: number): void {
    const before = this.backlogBytes;
    this.backlogBytes = bytes;
    this.#backlogs.changed(this, before);
  }

  cut(): void {
    this.isCut = true;
    this.hold(0);
  }
}

function opened(max: number, count: number) {
  const pool = new Pool({ max });
  let cuts = 0;
  const backlogs = new Backlogs(pool, () => {
    cuts += 1;
  });
  const readers = Array.from({ length: count }, () => new Reader(backlogs));
  return { pool, backlogs, readers, cuts: () => cuts };
}

test("a socket is full sooner when less is left for all, down to the least", () => {
  const { backlogs, readers } = opened(1_000_000, 1);
  const max = () => backlogs.unsentBytesMax;
  expect(max()).toBe(limits.unsentBytesSoft);
  for (const left of [limits.unsentBytesSoft, 10_000, limits.unsentBytesLeast]) {
    readers[0]?.hold(1_000_000 - left);
    expect(max()).toBe(left);
  }
  readers[0]?.hold(1_000_000);
  expect(max()).toBe(limits.unsentBytesLeast);
});

test("up to the bound nobody is cut; over it the largest go, until an eighth is free", () => {
  const { pool, readers, cuts } = opened(1000, 40);
  readers.forEach((reader, n) => {
    reader.hold(n < 4 ? 145 + n : 10);
  });
  readers[4]?.hold(1000 - pool.used + 10);
  expect([pool.used, cuts()]).toEqual([1000, 0]);
  readers[5]?.hold(11);
  expect(cuts()).toBe(1);
  expect(readers.map(({ isCut }) => isCut).indexOf(true)).toBe(3);
  expect(pool.used).toBeLessThanOrEqual(875);
});

test("the largest may be the one that has just grown", () => {
  const { pool, readers } = opened(1000, 2);
  readers[0]?.hold(400);
  readers[1]?.hold(601);
  expect(readers.map(({ isCut }) => isCut)).toEqual([false, true]);
  expect(pool.used).toBe(400);
});

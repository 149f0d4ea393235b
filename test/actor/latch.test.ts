import { expect, test } from "vitest";
import { Latch } from "../../src/actor/latch.ts";

test("a latch tells whoever waits, before it opens or after", async () => {
  const latch = new Latch();
  const told: string[] = [];
  const early = latch.opened().then(() => told.push("early"));
  const other = latch.opened().then(() => told.push("other"));
  await Promise.resolve();
  expect(told).toEqual([]);
  latch.open();
  latch.open();
  await Promise.all([early, other, latch.opened().then(() => told.push("late"))]);
  expect(told.sort()).toEqual(["early", "late", "other"]);
});

import { expect, test } from "vitest";
import { Nonces } from "../../src/chat/nonces.ts";
import { limits } from "../../src/limits.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { user } from "./support.ts";

const { id: ann } = user("ann");
const { id: bob } = user("bob");
const budget = new ByteBudget({ max: 0 });

/** Nonces 1 to `count`, each accepted under its own number. */
function accepted(count: number): Nonces {
  const nonces = new Nonces(budget);
  for (let n = 1; n <= count; n += 1) nonces.add({ person: ann, nonce: `${n}`, seq: n });
  nonces.keep();
  return nonces;
}

test("a nonce is known under the number it was accepted with, by its person alone", () => {
  const nonces = accepted(2);
  expect(nonces.get(ann, "1")).toBe(1);
  expect(nonces.get(user("ANN").id, "2")).toBe(2);
  expect(nonces.get(ann, "3")).toBeUndefined();
  expect(nonces.get(bob, "1")).toBeUndefined();
});

test("the newest are remembered up to the limit", () => {
  const nonces = accepted(limits.nonces);
  expect(nonces.size).toBe(limits.nonces);
  expect(nonces.get(ann, "1")).toBe(1);
});

test("over the limit the one accepted first is forgotten, though it was asked for since", () => {
  const nonces = accepted(limits.nonces);
  nonces.get(ann, "1");
  nonces.add({ person: ann, nonce: "one more", seq: 7 });
  expect(nonces.get(ann, "1")).toBeUndefined();
  nonces.keep();
  expect(nonces.takeForgotten()).toEqual([1]);
  expect(nonces.size).toBe(limits.nonces);
  expect(nonces.get(ann, "1")).toBeUndefined();
  expect(nonces.get(ann, "2")).toBe(2);
  expect(nonces.get(ann, "one more")).toBe(7);
});

test("a draft is known at once, and forgotten when it is dropped, without a loss of others", () => {
  const nonces = accepted(limits.nonces);
  nonces.add({ person: ann, nonce: "drafted", seq: 2001 });
  expect(nonces.get(ann, "drafted")).toBe(2001);
  nonces.drop();
  expect(nonces.get(ann, "drafted")).toBeUndefined();
  expect(nonces.get(ann, "1")).toBe(1);
});

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Ring } from "../../src/memory/ring.ts";
import { quiet } from "../channel/support.ts";

test("a ring behaves like an array, whatever is pushed and shifted", () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer() }),
    fc.record({ replace: fc.nat({ max: 70 }) }),
    fc.constant("shift"),
    fc.constant("clear"),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.array(step, { maxLength: 300 }), (capacity, steps) => {
      const ring = new Ring<number>(capacity);
      const model: number[] = [];
      for (const one of steps) {
        if (one === "clear") {
          ring.clear();
          model.length = 0;
        } else if (one === "shift") {
          if (model.length > 0) expect(ring.shift()).toBe(model.shift());
        } else if ("replace" in one && one.replace >= model.length) {
          expect(() => ring.replace(one.replace, -1)).toThrow(`nothing at ${one.replace}`);
        } else if ("replace" in one) {
          ring.replace(one.replace, -1);
          model[one.replace] = -1;
        } else if (model.length < capacity) {
          ring.push(one.push);
          model.push(one.push);
        }
        expect(Array.from({ length: ring.length }, (_, at) => ring.at(at))).toEqual(model);
      }
    }),
  );
});

test("undefined is a value like any other", () => {
  const ring = new Ring<undefined>(1);
  ring.push(undefined);
  expect(ring.length).toBe(1);
  expect(ring.shift()).toBe(undefined);
  expect(() => ring.shift()).toThrow("nothing at 0");
});

test("pushing to a full ring throws and changes nothing", () => {
  const ring = new Ring<number>(1);
  ring.push(1);
  expect(() => ring.push(2)).toThrow("a ring of 1 is full");
  expect(ring.shift()).toBe(1);
});

test("a large capacity takes no memory before it is used", () => {
  const before = process.memoryUsage().heapUsed;
  const rings = Array.from({ length: 100 }, () => new Ring<number>(100_000_000));
  for (const ring of rings) ring.push(1);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
});

test("a value that was taken out is let go of", async () => {
  setFlagsFromString("--expose-gc");
  const gc: () => void = runInNewContext("gc");
  const ring = new Ring<object>(4);
  ring.push({});
  ring.push({});
  const taken = new WeakRef(ring.shift());
  const kept = new WeakRef(ring.at(0));
  await quiet();
  gc();
  expect(taken.deref()).toBe(undefined);
  expect(kept.deref()).toBe(ring.at(0));
});

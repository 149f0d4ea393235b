import { expect, test } from "vitest";
import { systemRandom } from "../../src/system/random.ts";

test("random bytes are as many as were asked for, others each time, and none is drawn twice", () => {
  const drawn = Array.from({ length: 2_000 }, () => Buffer.from(systemRandom(9)).toString("hex"));
  expect(new Set(drawn).size).toBe(2_000);
  for (const bytes of [0, 1, 4_095, 4_096, 4_097, 100_000]) {
    const some = systemRandom(bytes);
    expect(some).toHaveLength(bytes);
    if (bytes > 100) expect(new Set(some).size).toBeGreaterThan(200);
  }
});

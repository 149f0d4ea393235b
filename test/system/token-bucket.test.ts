import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Rate, TokenBucket } from "../../src/system/token-bucket.ts";
import { FakeClock } from "../support/fake-clock.ts";

function setup(rate: Rate) {
  const clock = new FakeClock();
  return { clock, bucket: new TokenBucket(rate, clock) };
}

describe("a bucket", () => {
  test("gives a burst at once and then says when the next comes", () => {
    const { clock, bucket } = setup({ perSecond: 10, burst: 3 });
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual(Array(3).fill({ kind: "ok" }));
    expect(bucket.take()).toEqual({ kind: "wait", retryAfterMs: 100 });
    clock.skip(99);
    expect(bucket.take()).toEqual({ kind: "wait", retryAfterMs: 1 });
    clock.skip(1);
    expect(bucket.take()).toEqual({ kind: "ok" });
  });

  test("holds no more than a burst, however long it is left alone", () => {
    const { clock, bucket } = setup({ perSecond: 10, burst: 3 });
    clock.skip(1_000_000);
    bucket.take(3);
    expect(bucket.take().kind).toBe("wait");
  });

  test("takes nothing when it refuses", () => {
    const { bucket } = setup({ perSecond: 10, burst: 3 });
    expect(bucket.take(2).kind).toBe("ok");
    expect(bucket.take(2)).toEqual({ kind: "wait", retryAfterMs: 100 });
    expect(bucket.take(1).kind).toBe("ok");
  });

  test("can be driven into debt, and then makes wait until that is paid", () => {
    const { bucket } = setup({ perSecond: 10, burst: 3 });
    bucket.spend(5);
    expect(bucket.waitMs()).toBe(300);
  });

  test("is full before it is used and again when all has come back", () => {
    const { clock, bucket } = setup({ perSecond: 10, burst: 3 });
    expect(bucket.isFull).toBe(true);
    bucket.take(2);
    clock.skip(199);
    expect(bucket.isFull).toBe(false);
    clock.skip(1);
    expect(bucket.isFull).toBe(true);
  });

  test("never gives more than a burst at once", () => {
    const { bucket } = setup({ perSecond: 10, burst: 3 });
    expect(bucket.take(4)).toEqual({ kind: "wait", retryAfterMs: Number.POSITIVE_INFINITY });
  });

  test("never refuses when the rate is infinite", () => {
    const { bucket } = setup({ perSecond: Number.POSITIVE_INFINITY, burst: 1 });
    for (let n = 0; n < 1_000; n += 1) expect(bucket.take().kind).toBe("ok");
  });

  test("never gives more than rate and burst allow, and is true to what it says, for any rate", () => {
    const rates = fc.record({
      perSecond: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      burst: fc.nat(50),
    });
    const steps = fc.array(
      fc.record({ skipMs: fc.double({ min: 0, max: 5_000, noNaN: true }), tokens: fc.nat(9) }),
    );
    fc.assert(
      fc.property(rates, steps, (rate, steps) => {
        const { clock, bucket } = setup(rate);
        let givenTokens = 0;
        let skippedMs = 0;
        for (const { skipMs, tokens } of steps.filter((step) => step.tokens <= rate.burst)) {
          clock.skip(skipMs);
          const taken = bucket.take(tokens);
          if (taken.kind === "wait") clock.skip(taken.retryAfterMs);
          if (taken.kind === "wait") expect(bucket.take(tokens).kind).toBe("ok");
          skippedMs += skipMs + (taken.kind === "wait" ? taken.retryAfterMs : 0);
          givenTokens += tokens;
          expect(givenTokens).toBeLessThanOrEqual(rate.burst + (skippedMs / 1_000) * rate.perSecond + 0.01);
        }
      }),
    );
  });
});

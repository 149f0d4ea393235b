import { describe, expect, it } from "vitest";
import { ExpiringMap } from "../../src/actor/expiring-map.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Values good for 100 ms. `expired` has what was taken, and when; `due` how often it was time to. */
function opened() {
  const clock = new FakeClock();
  const expired: string[] = [];
  const seen = { due: 0 };
  const startMs = clock.elapsed();
  const expiries = new ExpiringMap<string, string>(100, clock, () => {
    seen.due += 1;
    for (const value of expiries.takeExpired()) expired.push(`${value} ${clock.elapsed() - startMs}`);
  });
  return { clock, expiries, expired, seen };
}

describe("what is set", () => {
  it("expires when its time is over, one after the other, with one timer", async () => {
    const { clock, expiries, expired } = opened();
    for (const key of ["a", "b", "c"]) {
      expect(expiries.set(key, key)).toBe(true);
      await clock.advance(10);
    }
    expect([expiries.size, clock.timers, ...expiries.values()]).toEqual([3, 1, "a", "b", "c"]);
    await clock.advance(69);
    expect(expired).toEqual([]);
    await clock.advance(1000);
    expect(expired).toEqual(["a 100", "b 110", "c 120"]);
    expect([expiries.size, clock.timers]).toEqual([0, 0]);
  });

  it("anew has all its time again, and comes last", async () => {
    const { clock, expiries, expired, seen } = opened();
    expiries.set("a", "a");
    expiries.set("b", "b");
    await clock.advance(50);
    expect(expiries.set("a", "A")).toBe(false);
    expect([...expiries.values()]).toEqual(["b", "A"]);
    await clock.advance(1000);
    expect(expired).toEqual(["b 100", "A 150"]);
    expect(seen.due).toBe(2);
  });

  it("and deleted does not expire, and the last one takes the timer with it", async () => {
    const { clock, expiries, expired } = opened();
    for (const key of ["a", "b"]) expiries.set(key, key);
    expect(expiries.delete("a")).toBe(true);
    expect(expiries.delete("a")).toBe(false);
    await clock.advance(1000);
    expect(expired).toEqual(["b 100"]);
    expiries.set("c", "c");
    expiries.delete("c");
    expect(clock.timers).toBe(0);
  });

  it("is gone with the timer when all is cleared", () => {
    const { clock, expiries } = opened();
    expiries.set("a", "a");
    expiries.clear();
    expect([expiries.size, clock.timers]).toEqual([0, 0]);
  });

  it("and overdue can be set anew as long as nobody has taken it", async () => {
    const { clock, expiries, expired } = opened();
    expiries.set("a", "a");
    clock.skip(500);
    expiries.set("a", "a");
    await clock.advance(99);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual(["a 600"]);
  });
});

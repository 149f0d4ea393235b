import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { Store } from "../../src/store/store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";

function open() {
  const clock = new FakeClock();
  const disk = new FakeDisk(clock);
  const log: string[] = [];
  const logger = pino({}, { write: (line) => void log.push(line) });
  const store = new Store(disk.insert(), { clock, logger });
  const outcomes: string[] = [];
  const commit = (key: string, value?: string | null) =>
    void store
      .commit(new Map([[key, value === null ? undefined : (value ?? key)]]))
      .then((outcome) => outcomes.push(`${key} ${outcome}`));
  return { clock, disk, log, store, outcomes, commit };
}

describe("a store", () => {
  it("writes what comes in one turn as one, and what comes meanwhile as the next", async () => {
    const { clock, disk, outcomes, commit } = open();
    disk.delayMs = 10;
    for (const key of ["a", "b", "c"]) commit(key);
    await clock.advance(5);
    for (const key of ["d", "e"]) commit(key);
    await clock.advance(5);
    expect({ outcomes, writes: disk.writes }).toEqual({
      outcomes: ["a saved", "b saved", "c saved"],
      writes: 1,
    });
    await clock.advance(10);
    expect({ size: outcomes.length, writes: disk.writes }).toEqual({ size: 5, writes: 2 });
  });

  it("lets the later of two changes of a key win", async () => {
    const { clock, disk, commit } = open();
    commit("a", "first");
    commit("a", "second");
    commit("b");
    commit("b", null);
    await clock.settle();
    expect([...disk.kept]).toEqual([["a", "second"]]);
  });

  it("says what failed, asks the disk no more for a while, and logs it once, and when it is over", async () => {
    const { clock, disk, log, outcomes, commit } = open();
    disk.isFull = true;
    commit("a");
    await clock.settle();
    disk.isFull = false;
    commit("b");
    await clock.advance(limits.saveRetryMs - 1);
    expect({ outcomes, writes: disk.writes }).toEqual({ outcomes: ["a failed", "b failed"], writes: 0 });
    disk.isFull = true;
    await clock.advance(1);
    commit("c");
    await clock.advance(limits.saveRetryMs);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/ENOSPC.*the state cannot be saved/);
    disk.isFull = false;
    commit("d");
    await clock.settle();
    expect(outcomes.slice(2)).toEqual(["c failed", "d saved"]);
    expect(log.slice(1)).toEqual([expect.stringContaining("can be saved again")]);
    expect([...disk.kept.keys()]).toEqual(["d"]);
  });

  it("is closed when all of it is written", async () => {
    const { clock, disk, store, outcomes, commit } = open();
    disk.delayMs = 10;
    commit("a");
    await clock.settle();
    commit("b");
    const closed = store.close().then(() => [...outcomes]);
    await clock.advance(20);
    expect(await closed).toEqual(["a saved", "b saved"]);
  });
});

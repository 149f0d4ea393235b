import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Batch, Log, lastOf } from "../../src/log/log.ts";
import { quiet, ticks } from "../channel/support.ts";

/** An entry is its own sequence number, and has a size. */
interface Entry {
  seq: number;
  bytes: number;
}

const bytesMax = 40;
const batchMax = 5;
const batchBytesMax = 12;

const stalls = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 });
const script = fc.record({
  capacity: fc.integer({ min: 1, max: 20 }),
  appends: fc.array(
    fc.record({
      bytes: fc.nat({ max: 50 }),
      tell: fc.boolean(),
      after: fc.nat({ max: 6 }),
      turn: fc.boolean(),
    }),
    { maxLength: 80 },
  ),
  followers: fc.array(
    fc.record({
      joinsAfter: fc.nat({ max: 300 }),
      since: fc.double({ min: 0, max: 1, noNaN: true }),
      stalls,
    }),
    { maxLength: 5 },
  ),
});

function logOf(capacity: number): Log<Entry, number> {
  return new Log({
    capacity,
    bytes: { max: bytesMax, of: (entry) => entry.bytes },
    turn: setImmediate,
    batchMax,
    batchBytesMax,
  });
}

/** How many of the newest entries a log of these bounds keeps. */
function kept(sizes: number[], capacity: number): number {
  let bytes = 0;
  const tooMany = sizes.toReversed().findIndex((size, index) => {
    bytes += size;
    return index > 0 && (index >= capacity || bytes > bytesMax);
  });
  return tooMany < 0 ? sizes.length : tooMany;
}

/**
 * Follows to the end, checking that each batch goes on where the last one ended, and is within its bounds, and that each value
 * told is newer than the one before. In the end it has the latest.
 */
async function follow(log: Log<Entry, number>, since: number, pauses: number[]): Promise<void> {
  let cursor = since;
  let round = 0;
  let told = 0;
  for await (const batch of log.follow(since)) {
    if (batch.kind === "latest") {
      expect(batch.value).toBeGreaterThan(told);
      told = batch.value;
      continue;
    }
    expect(batch.first).toBe(cursor + 1);
    cursor = lastOf(batch);
    if (batch.kind === "gap") expect(cursor + 1).toBeLessThanOrEqual(log.first);
    else checkEntries(batch);
    await ticks(pauses[round % pauses.length] ?? 0);
    round += 1;
  }
  expect(cursor).toBe(log.last);
  expect(told).toBe(log.latest?.value ?? 0);
}

function checkEntries({ first, entries }: Extract<Batch<Entry>, { kind: "entries" }>): void {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => first + index));
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.length).toBeLessThanOrEqual(batchMax);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (entries.length > 1) expect(bytes).toBeLessThanOrEqual(batchBytesMax);
}

test("a follower sees exactly the entries behind its cursor, or a gap that names what it missed", async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ capacity, appends, followers }) => {
      const log = logOf(capacity);
      const following = followers.map(async ({ joinsAfter, since, stalls }) => {
        await ticks(joinsAfter);
        await follow(log, Math.round(since * log.last), stalls);
      });
      const sizes: number[] = [];
      for (const { bytes, tell, after, turn } of appends) {
        if (tell) log.tell((log.latest?.value ?? 0) + 1);
        expect(log.append({ seq: log.last + 1, bytes })).toBe(sizes.push(bytes));
        expect(log.length).toBe(kept(sizes, capacity));
        expect(log.bytes).toBe(sizes.slice(-log.length).reduce((sum, size) => sum + size, 0));
        await ticks(after);
        if (turn) await nextTurn();
      }
      await quiet();
      log.close();
      await Promise.all(following);
      expect(log.waiting).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("a gap begins only where entries were dropped", () => {
  const steps = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, fc.nat(), (capacity, sizes, anywhere) => {
      const log = logOf(capacity);
      for (const [index, bytes] of sizes.entries()) log.append({ seq: index + 1, bytes });
      const cursor = anywhere % log.last;
      const batch = log.read(cursor);
      if (cursor + 1 < log.first)
        expect(batch).toEqual({ kind: "gap", first: cursor + 1, last: log.first - 1 });
      else expect(batch).toMatchObject({ kind: "entries", first: cursor + 1 });
    }),
  );
});

test("a reader that keeps up never falls off, when the writer gives way to a crowd", async () => {
  const sizes = fc.array(fc.nat({ max: bytesMax / 4 }), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4, max: 20 }), sizes, async (capacity, burst) => {
      const log = logOf(capacity);
      const kinds: string[] = [];
      const read = async () => {
        for await (const batch of log.follow(0)) kinds.push(batch.kind);
      };
      const readers = [read(), read(), read()];
      for (const [index, bytes] of burst.entries()) {
        log.append({ seq: index + 1, bytes });
        if (log.crowded) await nextTurn();
      }
      log.close();
      await Promise.all(readers);
      expect(kinds).not.toContain("gap");
    }),
    { numRuns: 100 },
  );
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { LevelDisk } from "../../src/store/level-disk.ts";
import { placesIn } from "../../src/store/state-directory.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";

let folder = "";
let database = "";
const effects = { clock: systemClock, random: systemRandom };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plume-disk-"));
  database = placesIn(folder).database;
});
afterEach(() => rmSync(folder, { recursive: true }));

async function open(): Promise<LevelDisk> {
  const opened = await LevelDisk.open(placesIn(folder), effects);
  if (opened.kind !== "open") throw new Error(JSON.stringify(opened));
  return opened.disk;
}

async function all(disk: LevelDisk): Promise<(readonly [string, string])[]> {
  const entries = [];
  for await (const entry of disk.read()) entries.push(entry);
  return entries;
}

const save = async (disk: LevelDisk, changes: Record<string, string | undefined>) =>
  expect(await disk.write(new Map(Object.entries(changes)))).toEqual({ kind: "saved" });

/** The files that have the text in them. */
function filesWith(text: string): string[] {
  return readdirSync(database).filter((name) => {
    try {
      return readFileSync(join(database, name), "latin1").includes(text);
    } catch {
      return false; // gone by now
    }
  });
}

describe("a disk of LevelDB", () => {
  it("has what was written, in the order of the keys, also when it is opened again", async () => {
    const disk = await open();
    await save(disk, { "b/2": "two", "a/1": "one", "c/ü": "Zeile\n\u0000 😀" });
    await save(disk, { "b/2": undefined, "a/1": "uno" });
    const entries = [
      ["a/1", "uno"],
      ["c/ü", "Zeile\n\u0000 😀"],
    ];
    expect(await all(disk)).toEqual(entries);
    await disk.close();
    const again = await open();
    expect(await all(again)).toEqual(entries);
    await again.close();
  });

  it("is one process's at a time, and free when that is closed", async () => {
    const disk = await open();
    expect(await LevelDisk.open(placesIn(folder), effects)).toEqual({ kind: "locked" });
    await disk.close();
    await (await open()).close();
  });

  it("does not give a folder that was emptied, but for its lock, for one that is damaged", async () => {
    await (await open()).close();
    for (const name of readdirSync(database)) if (!/^LO(CK|G)$/.test(name)) rmSync(join(database, name));
    await (await open()).close();
  });

  it.each([
    ["its list of files is overwritten", /^MANIFEST/, "garbage".repeat(50)],
    ["its list of files is gone", /^CURRENT/, undefined],
    ["what it has written is overwritten", /\.ldb$/, "garbage".repeat(50)],
    ["what it has written is gone", /\.ldb$/, undefined],
  ])("is found damaged when %s", async (_, name, text) => {
    const disk = await open();
    await save(disk, { key: "value" });
    await disk.close();
    await (await open()).close(); // which makes a file of what was in the journal
    for (const file of readdirSync(database).filter((file) => name.test(file))) {
      if (text === undefined) rmSync(join(database, file));
      else writeFileSync(join(database, file), text);
    }
    expect(await LevelDisk.open(placesIn(folder), effects)).toMatchObject({
      kind: "damaged",
      problem: expect.any(String),
    });
  });

  it("stays within its bound, however often it is overwritten, and drops what was", async () => {
    const disk = await open();
    const text = (n: number) => `secret ${n} ${Buffer.alloc(24_000, `${n * 7919}`).toString("base64")}`;
    const written = 6 * limits.compactBytes;
    for (let n = 0, bytes = 0; bytes < written; n += 8) {
      const batch = Array.from({ length: 8 }, (_, i) => [`line/${n + i}`, text(n + i)] as const);
      const gone = Array.from({ length: 8 }, (_, i) => [`line/${n + i - 32}`, undefined] as const);
      await disk.write(new Map([...batch, ...gone]));
      bytes += batch.reduce((sum, [, value]) => sum + value.length, 0);
    }
    await disk.close();
    const sizes = readdirSync(database).map((name) => statSync(join(database, name)).size);
    const kept = 32 * text(0).length;
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * (kept + limits.compactBytes));
    const again = await open();
    await all(again); // which is followed by a compaction
    await vi.waitFor(() => expect(filesWith("secret 1 ")).toEqual([]), 30_000);
    await again.close();
  }, 60_000);
});

it("whatever is written, closed and written again: all that was saved is there, and nothing else", async () => {
  const key = fc.constantFrom("a", "b", "c/1", "c/2", "d");
  const changes = fc.dictionary(key, fc.option(fc.string({ maxLength: 20 }), { nil: undefined }));
  const step = fc.oneof(
    { weight: 4, arbitrary: changes.map((changes) => ({ kind: "write" as const, changes })) },
    { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      let disk = await open();
      const model = new Map<string, string>();
      for (const step of steps) {
        if (step.kind === "reopen") {
          await disk.close();
          disk = await open();
        } else {
          await save(disk, step.changes);
          for (const [key, value] of Object.entries(step.changes)) {
            if (value === undefined) model.delete(key);
            else model.set(key, value);
          }
        }
        expect(new Map(await all(disk))).toEqual(model);
      }
      await disk.close();
    }),
    { numRuns: 15 },
  );
}, 60_000);

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, expect, it } from "vitest";
import { isWholeTable } from "../../src/store/table.ts";

let folder = "";
afterEach(() => rmSync(folder, { recursive: true }));

/** A table that LevelDB has made of so many entries. */
async function tableOf(entries: number, compression: boolean): Promise<Buffer> {
  folder = mkdtempSync(join(tmpdir(), "plume-table-"));
  const db = new ClassicLevel(folder, { compression });
  const keys = Array.from(
    { length: entries },
    (_, n) => `line/an epoch of a room/${String(n).padStart(16, "0")}`,
  );
  await db.batch(keys.map((key) => ({ type: "put", key, value: `${key} says hello, and hello again` })));
  await db.compactRange("", "z");
  await db.close();
  const [name = ""] = readdirSync(folder).filter((name) => name.endsWith(".ldb"));
  return readFileSync(join(folder, name));
}

it.each([
  ["one entry", 1, true],
  ["many blocks", 5_000, true],
  ["many blocks that are not compressed", 2_000, false],
])(
  "a table of %s is whole, and damaged with any bit flipped or any tail cut",
  async (_, entries, compression) => {
    const table = await tableOf(entries, compression);
    expect(isWholeTable(table)).toBe(true);
    const step = Math.max(1, Math.floor(table.length / 500));
    const unnoticed: number[] = [];
    const footer = table.length - 48;
    for (let at = 0; at < table.length; at += at + step < footer ? step : 1) {
      table[at] = (table[at] ?? 0) ^ (1 << (at % 8));
      if (isWholeTable(table)) unnoticed.push(at);
      table[at] = (table[at] ?? 0) ^ (1 << (at % 8));
      expect(isWholeTable(table.subarray(0, at))).toBe(false);
    }
    // Between its handles and its last number the footer has bytes that nobody reads.
    expect(unnoticed.filter((at) => at < footer || at >= table.length - 8)).toEqual([]);
  },
);

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContentSum, emptyHead, HEAD_BYTES, type Head, readHead, writeHead } from "../../src/store/head.ts";
import { HeadFile } from "../../src/store/head-file.ts";
import { systemRandom } from "../../src/system/random.ts";
import { anyString } from "../support/any-string.ts";

const largest: Head = {
  writes: Number.MAX_SAFE_INTEGER,
  entries: Number.MAX_SAFE_INTEGER,
  checksum: "f".repeat(16),
};

describe("the sum of all content", () => {
  it("is the same in any order, after any detour, and over any restart; and another for another content", () => {
    const entries = fc.uniqueArray(fc.tuple(anyString(), anyString()), {
      selector: ([key]) => key,
      maxLength: 10,
    });
    fc.assert(
      fc.property(entries, entries, fc.nat(), (content, detour, seed) => {
        const sum = new ContentSum(emptyHead);
        for (const [key, value] of [...content, ...detour]) sum.add(key, value);
        const later = new ContentSum(sum.headOf(1));
        for (const [key, value] of detour) later.remove(key, value);
        const other = new ContentSum(emptyHead);
        const from = seed % (content.length + 1);
        for (const [key, value] of [...content.slice(from), ...content.slice(0, from)]) other.add(key, value);
        expect(later.headOf(2)).toEqual(other.headOf(2));
        other.add("one more", "value");
        expect(later.headOf(2).checksum).not.toBe(other.headOf(2).checksum);
      }),
    );
  });

  it("tells keys from values, and texts that differ in one bit", () => {
    const sumOf = (key: string, value: string) => {
      const sum = new ContentSum(emptyHead);
      sum.add(key, value);
      return sum.headOf(1).checksum;
    };
    const texts = ["a", "b", "c", "aa", "ab", "ba", ""].flatMap((key) => [`${key}x`, `${key}y`, key]);
    const sums = new Set(texts.flatMap((key) => texts.map((value) => sumOf(key, value))));
    expect(sums.size).toBe(new Set(texts).size ** 2);
  });

  it("is the same for what a database reads back of half a character", () => {
    const [written, readBack] = [new ContentSum(emptyHead), new ContentSum(emptyHead)];
    written.add("key", "half \ud83d");
    readBack.add("key", Buffer.from("half \ud83d").toString());
    expect(written.headOf(1)).toEqual(readBack.headOf(1));
  });
});

describe("a head as text", () => {
  it("fits, and is read as it was written", () => {
    for (const head of [emptyHead, largest, { writes: 7, entries: 3, checksum: "0123456789abcdef" }]) {
      expect(writeHead(head).length).toBeLessThanOrEqual(HEAD_BYTES);
      expect(readHead(writeHead(head))).toEqual(head);
    }
  });

  it("is none with any bit flipped or any tail cut", () => {
    const written = Buffer.from(writeHead({ writes: 1234, entries: 56, checksum: "0123456789abcdef" }));
    for (let bit = 0; bit < 8 * written.length; bit += 1) {
      const flipped = Buffer.from(written);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readHead(flipped.toString("latin1"))).toBeUndefined();
      expect(readHead(written.toString("latin1", 0, bit >> 3))).toBeUndefined();
    }
  });
});

describe("a head file", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plume-head-"));
    path = join(folder, "head");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const headOf = (writes: number): Head => ({ ...emptyHead, writes });
  async function open() {
    const opened = await HeadFile.open(path);
    if (opened.kind !== "open") throw new Error(opened.kind);
    return opened;
  }

  it("has the last head that was saved, over any restarts", async () => {
    expect(await HeadFile.open(path)).toEqual({ kind: "missing" });
    HeadFile.create(path, systemRandom);
    for (let writes = 0; writes < 20; writes += 5) {
      const { file, head } = await open();
      expect(head).toEqual(headOf(writes));
      for (let n = 1; n <= 5; n += 1) file.save(headOf(writes + n));
      await file.close();
    }
  });

  it("has the head before where its last write was torn, anywhere", async () => {
    HeadFile.create(path, systemRandom);
    const { file } = await open();
    file.save(headOf(1));
    await file.close();
    const before = readFileSync(path);
    const again = await open();
    again.file.save(headOf(2));
    await again.file.close();
    const after = readFileSync(path);
    for (let torn = 0; torn < HEAD_BYTES; torn += 7) {
      const text = Buffer.from(before);
      after.copy(text, 0, 0, torn); // the second save was into the first half
      writeFileSync(path, text);
      const opened = await open();
      expect([1, 2]).toContain(opened.head.writes);
      await opened.file.close();
    }
    writeFileSync(path, "");
    expect(await HeadFile.open(path)).toEqual({ kind: "damaged" });
  });
});

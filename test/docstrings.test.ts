import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { transformWithOxc } from "vite";
import { describe, expect, test } from "vitest";
import { Channel } from "../src/channel/channel.ts";
import { Select } from "../src/channel/select.ts";
import { Log } from "../src/log/log.ts";
import { ByteBudget } from "../src/memory/byte-budget.ts";
import { Ring } from "../src/memory/ring.ts";

const directory = join(import.meta.dirname, "../src");
/** The folders that are libraries of their own, and show how they are used. */
const libraries = ["channel", "log", "memory"];

/** What the examples may use without importing it. */
const scope = { assert, Channel, Log, ByteBudget, Ring, Select, setImmediate };

/** The `ts` blocks in the docstrings of a file, with the line each begins on. */
function examplesOf(file: string): { line: number; code: string }[] {
  const source = readFileSync(join(directory, file), "utf8");
  return [...source.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map((match) => ({
    line: source.slice(0, match.index).split("\n").length,
    code: (match[1] ?? "").replaceAll(/^ *\* ?/gm, ""),
  }));
}

async function run(code: string): Promise<void> {
  const names = Object.keys(scope).join(", ");
  const { code: javascript } = await transformWithOxc(`async ({ ${names} }) => {\n${code}}`, "example.ts");
  const example: (given: typeof scope) => Promise<void> = runInThisContext(javascript);
  await example(scope);
}

const files = libraries.flatMap((folder) =>
  readdirSync(join(directory, folder)).map((name) => `${folder}/${name}`),
);
const examples = files.flatMap((file) =>
  examplesOf(file).map(({ line, code }) => ({ name: `${file}:${line}`, code })),
);

describe("the examples in the docstrings hold", () => {
  test.each(examples)("$name", async ({ code }) => {
    expect(code).toContain("assert.");
    await run(code);
  });
});

test("an example that is wrong would fail", async () => {
  await expect(run("assert.equal(1 as number, 2);\n")).rejects.toThrow(assert.AssertionError);
});

test("every public class has an example", () => {
  for (const file of [
    "channel/channel.ts",
    "channel/select.ts",
    "log/log.ts",
    "memory/byte-budget.ts",
    "memory/ring.ts",
  ]) {
    expect(examplesOf(file).length, file).toBeGreaterThan(0);
  }
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../docs/differences.md"), "utf8");

it("defect 45: every defect of Plume's that docs/differences.md calls mended is named by a test", () => {
  const table = /<!-- defects -->([\s\S]*?)<!-- end -->/.exec(page)?.[1] ?? "";
  const mended = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, numbers = ""]) => numbersIn(numbers));
  expect(mended).toHaveLength(44);
  const named = new Set(testNames().flatMap(numbersIn));
  expect(mended.filter((defect) => !named.has(defect))).toEqual([]);
});

/** What stands between "defect" and the colon in the names of all tests. */
function testNames(): string[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
    .flatMap((text) => [...text.matchAll(/["'`]defects? ([\d, and]+):/g)].map(([, numbers = ""]) => numbers));
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(Number);
}

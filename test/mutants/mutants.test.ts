import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutants } from "./mutants.ts";

const root = join(import.meta.dirname, "../..");

test.each(mutants)("$file has the line whose loss means that $breaks", ({ file, line, broken }) => {
  const source = readFileSync(join(root, file), "utf8");
  expect(source.split(line)).toHaveLength(2);
  expect(broken).not.toBe(line);
});

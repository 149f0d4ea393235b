import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** The tests without what is built for those of the wire and the browser, which no mutant needs. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, ".."),
    include: ["**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 2,
    bail: 1,
  },
});

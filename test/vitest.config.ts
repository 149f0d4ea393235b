import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longest-first.ts";

export default defineConfig({
  cacheDir: "../node_modules/.vite",
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    globalSetup: ["support/global-setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // One more than a build machine has cores: much of the time a test waits, for a browser or for a timeout of the server's.
    maxWorkers: 3,
    maxConcurrency: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ["default"],
  },
});

import { defineConfig } from "vitest/config";
import { shortBudget } from "./faults/budget.ts";
import { LongestFirst } from "./support/longest-first.ts";

export default defineConfig({
  cacheDir: "../node_modules/.vite",
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    exclude: ["faults/**", "load/**"], // run by `npm run test:faults` and `npm run test:load`
    provide: { faultBudget: shortBudget },
    globalSetup: ["support/global-setup.ts"],
    // No promise, but what ends a test that hangs: far over what any of them takes on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A worker keeps the modules that it has loaded: loading them anew for each file took a quarter of all CPU time.
    isolate: false,
    // One more than a build machine has cores: much of the time a test waits, for a browser or for a timeout of the server's.
    maxWorkers: 3,
    maxConcurrency: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ["default"],
  },
});

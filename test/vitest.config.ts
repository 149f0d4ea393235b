import { defineConfig } from "vitest/config";
import { shortBudget } from "./faults/budget.ts";

export default defineConfig({
  cacheDir: "../node_modules/.vite",
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    exclude: ["faults/root/**"], // run by `npm run test:faults`
    provide: { faultBudget: shortBudget },
    globalSetup: ["support/global-setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["default"],
  },
});

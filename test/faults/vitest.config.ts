import { defineConfig } from "vitest/config";
import { longBudget } from "./budget.ts";

/** The long version: `npm run test:faults`. It needs root, for network namespaces and a disk that fills up. */
export default defineConfig({
  cacheDir: "../../node_modules/.vite",
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    globalSetup: ["../support/global-setup.ts", "root/need-root.ts"],
    provide: { faultBudget: longBudget },
    testTimeout: 20 * 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    disableConsoleIntercept: true,
    reporters: ["verbose"],
  },
});

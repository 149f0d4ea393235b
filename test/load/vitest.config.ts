import { defineConfig } from "vitest/config";
import quick from "../vitest.config.ts";

/** The proofs that take long or need much of a machine, and the short version of the faults: `npm run test:load`. */
export default defineConfig({
  ...quick,
  test: {
    ...quick.test,
    include: ["load/**/*.test.ts", "faults/signals.test.ts"],
    exclude: [],
    // As many as a build machine has cores: more of these would measure each other.
    maxWorkers: 2,
  },
});

import { defineConfig } from "vitest/config";
import quick from "../vitest.config.ts";

/** The proofs that need much of a machine: `npm run test:load`. */
export default defineConfig({
  ...quick,
  test: { ...quick.test, include: ["load/**/*.test.ts"], exclude: [] },
});

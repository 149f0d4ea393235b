/** `npm run bench:check`, which compares the product with a bare publish in the same run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

test("the fan-out's cost per delivery stays within its ratio of publish's, and nothing is lost", async () => {
  const check = spawn(process.execPath, ["--import", "tsx", "bench/check.ts"], {
    cwd: join(import.meta.dirname, "../.."),
  });
  const ended = once(check, "exit");
  const [report, problems] = await Promise.all([text(check.stdout), text(check.stderr)]);
  expect(problems).toBe("");
  expect(report).toMatch(/^plume v1: a delivery costs .*, within the limit of 2\.$/m);
  expect(report).toMatch(/^plume v2: a delivery costs .*, within the limit of 2\.$/m);
  expect((await ended)[0]).toBe(0);
}, 360_000);

/**
 * `npm run test:mutants [-- part of a path or of what breaks …]`: breaks one line at a time that keeps somebody safe, in a copy of the sources, and sees whether a
 * test notices. Exit code 1 when a mutant survives.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutants as allMutants, type Mutant } from "./mutants.ts";

const root = join(import.meta.dirname, "../..");
const wanted = process.argv.slice(2);
const mutants = allMutants.filter(
  ({ file, breaks }) =>
    wanted.length === 0 || wanted.some((part) => file.includes(part) || breaks.includes(part)),
);
const copied = [
  "src",
  "test",
  "public",
  "bench",
  "systemd",
  "docs",
  "package.json",
  "tsconfig.json",
  "README.md",
];

/** How the tests of a mutant ended: "broken" is no verdict, for they could not be run. */
type Verdict = { kind: "passed" } | { kind: "failed"; test: string } | { kind: "broken"; output: string };

const copy = mkdtempSync(join(tmpdir(), "plume-mutants-"));
process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));
for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

say(`The tests of ${mutants.length} mutants, with nothing broken: `);
const healthy = runTests([...new Set(mutants.flatMap(({ tests }) => tests))]);
if (healthy.kind !== "passed") {
  say(`they do not pass.\n${detailOf(healthy)}\n`);
  process.exit(2);
}
say("they pass.\n");

const survivors = mutants.filter((mutant, index) => {
  say(`${index + 1}/${mutants.length} ${mutant.breaks} (${mutant.file}): `);
  const verdict = judge(mutant);
  say(`${verdict.kind === "failed" ? "noticed by" : "NOT NOTICED"} ${detailOf(verdict)}\n`);
  return verdict.kind !== "failed";
});
say(`${mutants.length - survivors.length} of ${mutants.length} mutants were noticed.\n`);
process.exitCode = survivors.length === 0 ? 0 : 1;

function judge({ file, line, broken, tests }: Mutant): Verdict {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  writeFileSync(
    path,
    source.replace(line, () => broken),
  );
  try {
    return runTests(tests);
  } finally {
    writeFileSync(path, source);
  }
}

function runTests(tests: readonly string[]): Verdict {
  const args = ["run", "--config", "test/mutants/vitest.config.ts", "--reporter=json", ...tests];
  const { stdout, stderr } = spawnSync("node_modules/.bin/vitest", args, {
    cwd: copy,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  const start = stdout.indexOf("{");
  if (start < 0) return { kind: "broken", output: stdout + stderr };
  const report: Report = JSON.parse(stdout.slice(start));
  for (const { assertionResults } of report.testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (failed?.failureMessages.some((message) => message.includes("timed out in"))) {
      return { kind: "broken", output: `${failed.fullName} took too long, which says nothing` };
    }
    if (failed) return { kind: "failed", test: failed.fullName };
  }
  if (report.success && report.numPassedTests > 0) return { kind: "passed" };
  return {
    kind: "broken",
    output: report.testResults.map(({ name, message }) => `${name} ${message}`).join("\n") + stderr,
  };
}

/** What is used of vitest's JSON. */
interface Report {
  success: boolean;
  numPassedTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

function detailOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case "passed":
      return "";
    case "failed":
      return `"${verdict.test}"`;
    case "broken":
      return `(the tests could not be run)\n${verdict.output}`;
  }
}

function say(text: string): void {
  process.stderr.write(text);
}

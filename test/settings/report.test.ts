import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { formatBytes, memoryCeiling } from "../../src/memory/ceiling.ts";
import { settingsNotes, settingsReport, settingsWarnings } from "../../src/settings/report.ts";
import { parseCommand, type Settings } from "../../src/settings/settings.ts";

function serve(argv: string[], env: Record<string, string> = {}): Settings {
  const command = parseCommand(argv, env);
  if (command.kind === "serve") return command.settings;
  throw new Error(JSON.stringify(command));
}

describe("memoryCeiling", () => {
  test("the line that a server listens says where the codes are, and that state is in memory only, when it is so", () => {
    const notesOf = (env: Record<string, string>) => {
      const command = parseCommand([], env);
      return command.kind === "serve" ? settingsNotes(command.settings) : {};
    };
    expect(notesOf({})).toEqual({
      codes: expect.stringMatching(/printed to stdout.*PLUME_SMTP_URL/),
      state: expect.stringMatching(/in memory only.*PLUME_STATE_DIR/),
    });
    expect(notesOf({ PLUME_SMTP_URL: "smtp://m", PLUME_STATE_DIR: "/var/lib/plume" })).toEqual({});
  });

  test("is the sum of its parts, each with its formula", () => {
    const { bytes, parts } = memoryCeiling(serve([]));
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBeCloseTo(bytes, -1);
    for (const part of parts) expect(part.formula).not.toBe("");
  });

  test("grows with the clients allowed, while what they share does not", () => {
    const few = memoryCeiling(serve(["--max-clients", "1"]));
    const many = memoryCeiling(serve(["--max-clients", "1001"]));
    expect((many.bytes - few.bytes) / 1000).toBeGreaterThan(20 * 1024);
    expect(few.budgets.unsentBytes).toBe(64 * 1024 ** 2);
    expect(many.budgets.unsentBytes).toBe(few.budgets.unsentBytes);
  });

  test("is what was set, and all of what is left is shared", () => {
    const { bytes, budgets, leastBytes } = memoryCeiling(serve(["--memory-mib", "2000"]));
    expect(bytes).toBe(2000 * 1024 ** 2);
    const { receivedBytes, unsentBytes, historyBytes } = budgets;
    expect(receivedBytes + unsentBytes + historyBytes).toBeGreaterThan(limits.sharedBytes);
    const least = memoryCeiling({
      connectionsMax: limits.connectionsMax,
      memoryBytes: leastBytes,
      state: { kind: "memory" },
    }).budgets;
    expect(least.historyBytes).toBe(limits.sharedBytesLeast / 2);
  });

  test("is refused where the clients allowed leave too little to share, and accepted at the least", () => {
    const least = Math.ceil(memoryCeiling(serve(["--max-clients", "100"])).leastBytes / 1024 ** 2);
    const argv = (mib: number) => ["--max-clients", "100", "--memory-mib", String(mib)];
    expect(serve(argv(least)).memoryBytes).toBe(least * 1024 ** 2);
    expect(parseCommand(argv(least - 1), {})).toMatchObject({
      kind: "wrong",
      sentence: `--memory-mib is ${least - 1}, but 100 clients take more: it takes at least ${least} with that; raise it, or lower --max-clients.`,
    });
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [80 * 1024 ** 2, "80 MiB"],
    [3 * 1024 ** 4, "3 TiB"],
    [5000 * 1024 ** 4, "5000 TiB"],
  ])("shows %d bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

test("plume check prints every setting with its source, and the ceiling by its parts", () => {
  const command = parseCommand(["check", "--port", "1"], { PLUME_SMTP_URL: "smtp://u:hunter2@m" });
  if (command.kind !== "check") throw new Error(command.kind);
  const report = settingsReport(command.inForce, memoryCeiling(command.settings), "3 MiB on disk");
  expect(report).toMatch(/PLUME_PORT +1 +\(flag\)/);
  expect(report).toMatch(/PLUME_SMTP_URL +smtp:\/\/u:\*\*\*@m +\(environment\)/);
  expect(report).toMatch(/PLUME_HISTORY +1000 +\(default\)/);
  expect(report).toMatch(/process +84 MiB/);
  expect(report).toMatch(/in all +\d/);
  expect(report).toContain("State directory\n  3 MiB on disk");
  expect(report).not.toContain("hunter2");
});

describe("settingsWarnings", () => {
  const production = { NODE_ENV: "production", PLUME_SMTP_URL: "smtp://m" };

  test("says nothing to a developer", () => expect(settingsWarnings(serve([]))).toEqual([]));
  test("warns in production of a secret that ends with the process, and of origins nobody set", () => {
    const [secret, origins, ...rest] = settingsWarnings(serve([], production));
    expect(secret).toContain("PLUME_SECRET_FILE");
    expect(origins).toContain("PLUME_ORIGINS");
    expect(rest).toEqual([]);
  });
  test("says nothing when both are set", () => {
    expect(
      settingsWarnings(serve(["--secret-file", "s", "--origins", "https://a.example"], production)),
    ).toEqual([]);
  });
});

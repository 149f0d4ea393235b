import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../src/limits.ts";
import { memoryCeiling } from "../src/memory/ceiling.ts";
import { parseCommand } from "../src/settings/settings.ts";
import { findOnPath } from "./support/chromium.ts";

const folder = join(import.meta.dirname, "../systemd");
const unit = readFileSync(join(folder, "plume.service"), "utf8");
const example = readFileSync(join(folder, "plume.env.example"), "utf8");

/** systemd-analyze rates from 0 (nothing exposed) to 10; its option takes ten times that. */
const EXPOSURE_MAX = 1.3;

describe("systemd-analyze", () => {
  let scratch = "";
  /** The unit with a program that exists on this machine. */
  let copy = "";

  beforeAll(() => {
    if (findOnPath("systemd-analyze") === undefined) {
      throw new Error("This test needs systemd-analyze: on Debian run `apt-get install systemd`.");
    }
    scratch = mkdtempSync(join(tmpdir(), "plume-unit-"));
    copy = join(scratch, "plume.service");
    writeFileSync(copy, unit.replace(/^ExecStart=.*$/m, `ExecStart=${process.execPath}`));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  test("finds nothing wrong with the unit", () => {
    // It says what it does not understand, and succeeds.
    expect(analyze("verify", copy)).toMatchObject({ status: 0, stderr: "" });
  });

  test("finds what is wrong with a broken unit", () => {
    const broken = join(scratch, "broken.service");
    writeFileSync(
      broken,
      readFileSync(copy, "utf8").replace("[Service]", "[Service]\nStartLimitIntervalSec=60"),
    );
    expect(analyze("verify", broken).stderr).toContain(
      "Unknown key 'StartLimitIntervalSec' in section [Service]",
    );
  });

  test(`defect 41: rates the unit's exposure at ${EXPOSURE_MAX} or less`, () => {
    const { status, stdout } = analyze(
      "security",
      "--offline=true",
      `--threshold=${10 * EXPOSURE_MAX}`,
      copy,
    );
    expect(status, stdout).toBe(0);
  });
});

describe("plume.service", () => {
  test("gives the server longer to stop than it takes", () => {
    expect(Number(directive("TimeoutStopSec")) * 1000).toBeGreaterThan(limits.stopTimeoutMs);
  });

  test("allows a descriptor for every client, and some more", () => {
    expect(Number(directive("LimitNOFILE"))).toBeGreaterThan(limits.connectionsMax + 1000);
  });

  test("gives the process the memory it may take, and its sockets' buffers some more", () => {
    const { bytes } = memoryCeiling({
      connectionsMax: limits.connectionsMax,
      memoryBytes: undefined,
      state: { kind: "directory" },
    });
    const ceilingMib = Math.ceil(bytes / 1024 ** 2);
    const heapMib = Number(/--max-old-space-size=(\d+)/.exec(unit)?.[1]);
    expect(heapMib).toBeGreaterThanOrEqual(ceilingMib);
    expect(mibOf(directive("MemoryHigh"))).toBeGreaterThan(heapMib + 128);
    expect(mibOf(directive("MemoryMax"))).toBeGreaterThan(mibOf(directive("MemoryHigh")));
    expect(unit).toContain(`PLUME_MAX_CLIENTS=${limits.connectionsMax} is ${ceilingMib} MiB`);
  });

  test("gives the server a directory of its own to keep its state in, which nobody else sees", () => {
    expect(directive("StateDirectory")).toBe("plume");
    expect(directive("StateDirectoryMode")).toBe("0700");
    expect(unit).toContain("\nEnvironment=PLUME_STATE_DIR=%S/plume\n");
  });

  test("leaves V8 its compiler", () => {
    expect(directive("MemoryDenyWriteExecute")).toBeUndefined();
  });

  test("does not start again and again with a wrong setting", () => {
    expect(directive("RestartPreventExitStatus")).toBe("2");
  });

  test("sets only what is a setting", () => {
    const set = [...unit.matchAll(/^Environment=(PLUME_\w+)=/gm)].map(([, name]) => name);
    expect(set).toEqual(["PLUME_STATE_DIR", "PLUME_SECRET_FILE"]);
    const env = {
      PLUME_STATE_DIR: "/var/lib/plume",
      PLUME_SECRET_FILE: "/run/credentials/plume.service/secret",
    };
    expect(parseCommand([], env).kind).toBe("serve");
  });
});

describe("plume.env.example", () => {
  test("is accepted as it is, in production", () => {
    const env = Object.fromEntries(
      example
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    expect(parseCommand([], { ...env, NODE_ENV: "production" })).toMatchObject({ kind: "serve" });
  });

  test("holds no secret", () => {
    expect(example).not.toMatch(/^PLUME_SECRET_FILE=|:\/\/[^\s/]*:[^\s/]*@/m);
  });
});

/** "2G" or "512M". */
function mibOf(size = ""): number {
  return Number.parseInt(size, 10) * (size.endsWith("G") ? 1024 : 1);
}

function analyze(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("systemd-analyze", args, { encoding: "utf8" });
}

/** A directive's value in the unit, when it stands there once. */
function directive(name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];
}

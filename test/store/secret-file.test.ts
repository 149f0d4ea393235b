import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadSecret } from "../../src/store/secret-file.ts";

const folder = mkdtempSync(join(tmpdir(), "plume-secret-"));
const path = join(folder, "secret");
afterAll(() => rmSync(folder, { recursive: true }));

function load(content: string | Uint8Array, mode = 0o600): ReturnType<typeof loadSecret> {
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return loadSecret(path);
}

function sentence(loaded: ReturnType<typeof loadSecret>): string {
  if (loaded.kind === "wrong") return loaded.sentence;
  throw new Error("nothing wrong");
}

describe("loadSecret", () => {
  const bytes = "x".repeat(32);

  test.each([
    ["as it is", bytes],
    ["without the newline at its end", `${bytes}\n`],
    ["without a DOS newline at its end", `${bytes}\r\n`],
  ])("takes 32 bytes %s", (_, content) => {
    const loaded = load(content);
    expect(loaded.kind === "loaded" && Buffer.from(loaded.secret).toString()).toBe(bytes);
  });

  test("takes off one newline only, so that bytes that happen to look like one stay", () => {
    const loaded = load(`${bytes}\n\n`);
    expect(loaded.kind === "loaded" && loaded.secret.length).toBe(33);
  });

  test.each([0o400, 0o440, 0o600, 0o640])("takes a file of mode %o", (mode) => {
    expect(load(bytes, mode).kind).toBe("loaded");
  });

  test.each([0o444, 0o644, 0o660, 0o601])("refuses a file of mode %o, and says how to change it", (mode) => {
    expect(sentence(load(bytes, mode))).toMatch(new RegExp(`mode 0${mode.toString(8)}.*chmod 600`));
  });

  test("refuses fewer than 32 bytes, the newline not counted", () => {
    expect(sentence(load(`${"x".repeat(31)}\n`))).toMatch(/holds 31 bytes.*at least 32.*openssl rand/);
  });

  test("refuses a file that is far too big to be one", () => {
    expect(sentence(load("x".repeat(65_537)))).toMatch(/holds 65537 bytes.*at most 65536/);
  });

  test("refuses a file that is not there, on one line, whatever it is called", () => {
    expect(sentence(loadSecret(join(folder, "no\nwhere")))).toMatch(
      /^.*no\\u000awhere" cannot be read \(ENOENT\).*\.$/,
    );
    expect(sentence(loadSecret("a\0b"))).toMatch(/cannot be read/);
  });

  test("refuses a folder, a device and a pipe nobody writes to, without waiting", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", ["-m", "600", pipe]);
    for (const place of [folder, "/dev/zero", pipe]) {
      expect(sentence(loadSecret(place))).toMatch(/no regular file/);
    }
  });
});

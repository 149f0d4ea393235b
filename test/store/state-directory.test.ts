import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  inspectStateDirectory,
  loadStateSecret,
  prepareStateDirectory,
} from "../../src/store/state-directory.ts";
import { systemRandom } from "../../src/system/random.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plume-state-"));
  path = join(folder, "state");
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

describe("a state directory", () => {
  it("is made where there is none, for this user alone, with a secret that stays", () => {
    expect(inspectStateDirectory(path)).toEqual({ kind: "missing" });
    expect(prepareStateDirectory(path, systemRandom)).toBeUndefined();
    expect(readdirSync(path).sort()).toEqual(["address-key", "plume-state", "secret"]);
    const files = readdirSync(path).map((name) => join(path, name));
    expect([path, ...files].map(modeOf)).toEqual(["700", "600", "600", "600"]);
    const secret = loadStateSecret(path);
    expect(secret).toMatchObject({ kind: "loaded", secret: expect.objectContaining({ length: 64 }) });
    expect(prepareStateDirectory(path, systemRandom)).toBeUndefined();
    expect(loadStateSecret(path)).toEqual(secret);
    expect(inspectStateDirectory(path)).toEqual({
      kind: "found",
      bytes: 0,
      isFormer: false,
      isOpen: false,
    });
  });

  it("may be an empty directory, one that a file system made, or one half made before", () => {
    for (const name of ["lost+found", ".new-0123456789ab"]) mkdirSync(join(path, name), { recursive: true });
    expect(inspectStateDirectory(path)).toEqual({ kind: "empty" });
    chmodSync(path, 0o755);
    expect(prepareStateDirectory(path, systemRandom)).toBeUndefined();
  });

  it("gives no secret before a server has made it", () => {
    expect(loadStateSecret(path)).toEqual({
      kind: "wrong",
      sentence: `The state directory "${path}" has no secret yet: start the server with it once, which makes one.`,
    });
    expect(inspectStateDirectory(path)).toEqual({ kind: "missing" });
  });

  it.each<[what: string, below: string, make: () => void, says: string]>([
    ["a file", "", () => writeFileSync(path, ""), "is no directory: name one"],
    [
      "others' to write, and another user's",
      "",
      () => mkdirSync(path) ?? chmodSync(path, 0o2770) ?? chownSync(path, 1234, 1234),
      "(mode 2770) and belongs to another user (number 1234), so that the server cannot close it to them: name",
    ],
    [
      "somebody else's",
      "",
      () => mkdirSync(path) ?? writeFileSync(join(path, "thesis.doc"), ""),
      'is not Plume\'s, for it has "thesis.doc" in it: name an empty directory',
    ],
    [
      "of a newer Plume",
      "",
      () => mark("format 3\n"),
      "was written by a newer Plume (format 3, this one reads 2): use",
    ],
    ["marked by another program", "", () => mark("hello"), 'has a file "plume-state" that is not Plume\'s'],
    ["below a file", "/x", () => writeFileSync(path, ""), "cannot be used (ENOTDIR)"],
    ["below nothing", "/x", () => {}, "cannot be made (ENOENT): its parent has to be there"],
  ])("that is %s is refused with one sentence", (_, below, make, says) => {
    make();
    const sentence = prepareStateDirectory(path + below, systemRandom);
    expect(sentence).toContain(says);
    expect(sentence).toMatch(/^The state directory "[^\n]+\.$/);
    const kind = below === "/x" && says.includes("ENOENT") ? "missing" : "wrong";
    expect(inspectStateDirectory(path + below)).toMatchObject({ kind });
  });

  it("whose secret others can read is refused", () => {
    prepareStateDirectory(path, systemRandom);
    chmodSync(join(path, "secret"), 0o644);
    expect(loadStateSecret(path)).toMatchObject({
      kind: "wrong",
      sentence: expect.stringContaining("mode 0644"),
    });
    expect(readFileSync(join(path, "secret"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  });
});

function mark(text: string): void {
  mkdirSync(path);
  writeFileSync(join(path, "plume-state"), text);
}

/** Small files of a state directory, which only this user reads: each is there whole, or not at all. */
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "../system/random.ts";

/** What a draft is called that its process did not come to finish. */
export const draftName = /^\.new-/;

/** Writes a file. Does nothing where it is there. */
export function createOnce(path: string, text: string, random: Random): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  try {
    throughDraft(path, text, random, linkSync);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error; // made by another process
  }
}

/** Writes a file in place of the one that is there. */
export function replaceFile(path: string, text: string, random: Random): void {
  throughDraft(path, text, random, renameSync);
}

/** @param put gives the draft the file's name. */
function throughDraft(
  path: string,
  text: string,
  random: Random,
  put: (draft: string, path: string) => void,
): void {
  const draft = join(dirname(path), `.new-${Buffer.from(random(6)).toString("hex")}`);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
    put(draft, path);
    syncDirectory(dirname(path));
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY);
  fsyncSync(directory);
  closeSync(directory);
}

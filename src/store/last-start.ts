import { readFileSync, statSync } from "node:fs";
import type { Random } from "../system/random.ts";
import { replaceFile } from "./files.ts";

/**
 * Whether a state directory is the one that the start before left, and not a copy of it that was put in its place, as from a
 * backup. Each start makes a file anew, and the database knows which: a copy has another. What takes the whole file system
 * back, as a snapshot does, is not noticed.
 *
 * @param path the file's. @param known what the database knows of it; undefined where no start has told it yet.
 */
export function isContinued(path: string, known: string | undefined): boolean {
  if (known === undefined || identityOf(path) === known) return true;
  return textOf(path) === following(known); // the start before ended between the file and the database
}

/** Makes the file anew. Returns what the database is to know of it. Throws what the file system throws. */
export function markStart(path: string, known: string | undefined, random: Random): string {
  replaceFile(path, following(known ?? "nothing"), random);
  return identityOf(path);
}

function following(known: string): string {
  return `after ${known}\n`;
}

/** A file system may give a number again, but not at the same time. Empty where there is no such file. */
function identityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.ino} ${stats.birthtimeNs}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

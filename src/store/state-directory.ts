import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { quote } from "../system/printable.ts";
import { processUser } from "../system/process-user.ts";
import type { Random } from "../system/random.ts";
import { createOnce, draftName, replaceFile } from "./files.ts";
import { type LoadedSecret, loadSecret } from "./secret-file.ts";

/** The file that says that a directory is Plume's, and in which format it is written. */
const MARKER = "plume-state";
/** Goes up when what is written can't be read by the Plume before. */
const FORMAT = 2;
/** What a file system puts into an empty directory. */
const LOST_AND_FOUND = "lost+found";

/** What was found under a path. A `sentence` says what is wrong, what is allowed and what to do. */
export type Inspected =
  | { kind: "missing" }
  /** A directory that can become one; there is nothing in it yet. */
  | { kind: "empty" }
  /** `bytes`: of its database's files. `isFormer`: in the format of version 0.4. `isOpen`: others can get at something of it. */
  | { kind: "found"; bytes: number; isFormer: boolean; isOpen: boolean }
  | { kind: "wrong"; sentence: string };

/** Where things are in a state directory. */
export const placesIn = (directory: string) => ({
  /** The folder of the database. */
  database: join(directory, "db"),
  /** How far the database has come. */
  head: join(directory, "head"),
  /** The file that signs sessions, where no other is named. */
  secret: join(directory, "secret"),
  /** The key of the hashes that stand for mail addresses. */
  addressKey: join(directory, "address-key"),
  /** Made anew at each start, see last-start.ts. */
  lastStart: join(directory, "last-start"),
});

/** Looks at a state directory, and changes nothing. */
export function inspectStateDirectory(path: string): Inspected {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: "missing" };
    if (!stats.isDirectory())
      return wrong(path, "is no directory: name one, or a path where one can be made");
    if (stats.mode & OTHERS_WRITE && !isOwn(stats)) {
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
      return wrong(
        path,
        `can be written by others (mode ${mode}) and belongs to another user (number ${stats.uid}), so that the server cannot ` +
          "close it to them: name a directory in it, which the server makes its own, or give it to the server's user",
      );
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = readdirSync(path).filter((name) => !draftName.test(name) && name !== LOST_AND_FOUND);
    if (names.includes(MARKER)) return judgeFormat(path, readFileSync(join(path, MARKER), "utf8"));
    const [stranger] = names;
    if (stranger === undefined) return { kind: "empty" };
    return wrong(
      path,
      `is not Plume's, for it has ${quote(stranger)} in it: name an empty directory, or a new one`,
    );
  } catch (error) {
    return wrong(path, `cannot be used (${reasonOf(error)}): make it readable and writable by this user`);
  }
}

/**
 * Closes a state directory of this user's, and what is in it, to everybody else. Some mounts open it to a group each time, as
 * Kubernetes does with an `fsGroup`. Returns whether there was something to close. Throws what the file system throws.
 */
export function closeToOthers(path: string): boolean {
  const directory = realpathSync(path);
  const files = [...filesIn(directory).map((name) => join(directory, name)), ...databaseFiles(directory)];
  const open = [directory, ...files].filter(isOpen);
  for (const name of open) chmodSync(name, statSync(name).isDirectory() ? 0o700 : 0o600);
  return open.length > 0;
}

/** Makes a directory a state directory, with its keys in it, where it is none yet. Returns what is wrong, if anything. */
export function prepareStateDirectory(path: string, random: Random): string | undefined {
  const inspected = inspectStateDirectory(path);
  if (inspected.kind === "wrong") return inspected.sentence;
  try {
    if (inspected.kind === "missing") mkdirSync(path, { mode: 0o700 });
    const { secret, addressKey, database } = placesIn(path);
    createOnce(join(path, MARKER), `format ${FORMAT}\n`, random);
    createOnce(secret, newKey(random), random);
    if (isUnwritten(database)) createOnce(addressKey, newKey(random), random);
    return undefined;
  } catch (error) {
    const problem = `cannot be made (${reasonOf(error)}): its parent has to be there, and writable by this user`;
    return wrong(path, problem).sentence;
  }
}

/** Says of a state directory that it is in the format of this version. Throws what the file system throws. */
export function raiseFormat(path: string, random: Random): void {
  const marker = join(path, MARKER);
  const text = `format ${FORMAT}\n`;
  if (readFileSync(marker, "utf8") !== text) replaceFile(marker, text, random);
}

/** The secret that a state directory keeps, for a server or beside one that runs. */
export function loadStateSecret(path: string): LoadedSecret {
  const inspected = inspectStateDirectory(path);
  if (inspected.kind === "wrong") return inspected;
  if (inspected.kind === "found") return loadSecret(placesIn(path).secret);
  return wrong(path, "has no secret yet: start the server with it once, which makes one");
}

/** Bits of a directory's mode with which others than its user can change what is in it … */
const OTHERS_WRITE = 0o022;
/** … and of a file's, with which more than its group can read it, or others change it; see secret-file.ts. */
const OTHERS_USE = 0o027;

function isOwn({ uid }: Stats): boolean {
  return uid === processUser;
}

/** Whether it is this user's, and others can get at it. What a link leads to is somewhere else. */
function isOpen(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink() || !isOwn(stats)) return false;
  return (stats.mode & (stats.isDirectory() ? OTHERS_WRITE : OTHERS_USE)) !== 0;
}

function databaseFiles(path: string): string[] {
  const { database } = placesIn(path);
  return filesIn(database).map((name) => join(database, name));
}

function judgeFormat(path: string, text: string): Inspected {
  const format = Number(/^format ([1-9]\d{0,5})\n$/.exec(text)?.[1]);
  if (format <= FORMAT) {
    const { database, secret, addressKey } = placesIn(path);
    return {
      kind: "found",
      bytes: bytesIn(database),
      isFormer: format < FORMAT,
      isOpen: [path, database, secret, addressKey].some(isOpen),
    };
  }
  return wrong(
    path,
    format > FORMAT
      ? `was written by a newer Plume (format ${format}, this one reads ${FORMAT}): use that one, or another directory`
      : `has a file ${quote(MARKER)} that is not Plume's: name another directory`,
  );
}

/** Whether there is no database yet, nor one that was made in part. */
function isUnwritten(folder: string): boolean {
  return filesIn(folder).every((name) => name === "LOCK" || name === "LOG");
}

function newKey(random: Random): string {
  return `${Buffer.from(random(32)).toString("hex")}\n`;
}

/** A database that is in use takes files away at any time. */
function bytesIn(folder: string): number {
  const sizes = filesIn(folder).map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function filesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : [];
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function wrong(path: string, problem: string): { kind: "wrong"; sentence: string } {
  return { kind: "wrong", sentence: `The state directory ${quote(path)} ${problem}.` };
}

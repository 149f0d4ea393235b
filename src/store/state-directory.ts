import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { quote } from "../system/printable.ts";
import type { Random } from "../system/random.ts";
import { type LoadedSecret, loadSecret } from "./secret-file.ts";

/** The file that says that a directory is Plume's, and in which format it is written. */
const MARKER = "plume-state";
/** Goes up when what is written can't be read by the Plume before. */
const FORMAT = 1;
/** Files that are being made, and what a file system puts into an empty directory. */
const ignored = /^(\.new-.*|lost\+found)$/;

/** What was found under a path. A `sentence` says what is wrong, what is allowed and what to do. */
export type Inspected =
  | { kind: "missing" }
  /** A directory that can become one; there is nothing in it yet. */
  | { kind: "empty" }
  /** `bytes`: of its database's files. */
  | { kind: "found"; bytes: number }
  | { kind: "wrong"; sentence: string };

/** Where things are in a state directory. */
export const placesIn = (directory: string) => ({
  /** The folder of the database. */
  database: join(directory, "db"),
  /** The file that signs sessions, where no other is named. */
  secret: join(directory, "secret"),
});

/** Looks at a state directory, and changes nothing. */
export function inspectStateDirectory(path: string): Inspected {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: "missing" };
    if (!stats.isDirectory())
      return wrong(path, "is no directory: name one, or a path where one can be made");
    if (stats.mode & 0o022) {
      const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
      return wrong(path, `can be written by others (mode ${mode}), but takes 0700: run chmod 700 on it`);
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = readdirSync(path).filter((name) => !ignored.test(name));
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

/** Makes a directory a state directory, with a secret in it, where it is none yet. Returns what is wrong, if anything. */
export function prepareStateDirectory(path: string, random: Random): string | undefined {
  const inspected = inspectStateDirectory(path);
  if (inspected.kind === "wrong") return inspected.sentence;
  try {
    if (inspected.kind === "missing") mkdirSync(path, { mode: 0o700 });
    createOnce(path, MARKER, `format ${FORMAT}\n`, random);
    createOnce(path, "secret", `${Buffer.from(random(32)).toString("hex")}\n`, random);
    return undefined;
  } catch (error) {
    const problem = `cannot be made (${reasonOf(error)}): its parent has to be there, and writable by this user`;
    return wrong(path, problem).sentence;
  }
}

/** The secret that a state directory keeps, for a server or beside one that runs. */
export function loadStateSecret(path: string): LoadedSecret {
  const inspected = inspectStateDirectory(path);
  if (inspected.kind === "wrong") return inspected;
  if (inspected.kind === "found") return loadSecret(placesIn(path).secret);
  return wrong(path, "has no secret yet: start the server with it once, which makes one");
}

function judgeFormat(path: string, text: string): Inspected {
  const format = Number(/^format ([1-9]\d{0,5})\n$/.exec(text)?.[1]);
  if (format <= FORMAT) return { kind: "found", bytes: bytesIn(placesIn(path).database) };
  return wrong(
    path,
    format > FORMAT
      ? `was written by a newer Plume (format ${format}, this one reads ${FORMAT}): use that one, or another directory`
      : `has a file ${quote(MARKER)} that is not Plume's: name another directory`,
  );
}

/** A database that is in use takes files away at any time. */
function bytesIn(folder: string): number {
  const names = statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder) : [];
  const sizes = names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Writes a file that only this user reads, whole or not at all. Does nothing where it is there. */
function createOnce(directory: string, name: string, text: string, random: Random): void {
  const path = join(directory, name);
  if (statSync(path, { throwIfNoEntry: false })) return;
  const draft = join(directory, `.new-${Buffer.from(random(6)).toString("hex")}`);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
    linkSync(draft, path);
    syncDirectory(directory);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error; // made by another process
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY);
  fsyncSync(directory);
  closeSync(directory);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function wrong(path: string, problem: string): { kind: "wrong"; sentence: string } {
  return { kind: "wrong", sentence: `The state directory ${quote(path)} ${problem}.` };
}

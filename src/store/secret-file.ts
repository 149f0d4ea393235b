import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { quote } from "../system/printable.ts";

/** A shorter secret could be guessed from one session token. */
const SECRET_BYTES_MIN = 32;
const CREATE = "openssl rand -hex 32 > FILE; chmod 600 FILE";
/** Whoever names a bigger file means another one. */
const SECRET_BYTES_MAX = 64 * 1024;

/** The secret's bytes, or one sentence that says what is wrong with its file and what to do. */
export type LoadedSecret = { kind: "loaded"; secret: Uint8Array } | { kind: "wrong"; sentence: string };

/** A file's bytes, or what is wrong with it: a clause. "unreadable" is one that is not there, too. */
export type ReadPrivately =
  | { kind: "read"; bytes: Buffer }
  | { kind: "unreadable"; code: string }
  | { kind: "noFile" }
  | { kind: "wrong"; problem: string };

/**
 * Reads the file that signs sessions, without one newline at its end. Its group may read it, so that systemd's
 * credentials (0400, 0440) work; a file that others read or write is refused, for they could sign sessions.
 */
export function loadSecret(path: string): LoadedSecret {
  const read = readPrivately(path);
  switch (read.kind) {
    case "unreadable":
      return wrong(
        path,
        `cannot be read (${read.code}): create it with \`${CREATE}\`, readable by this user`,
      );
    case "noFile":
      return wrong(path, `is no regular file: create one with \`${CREATE}\``);
    case "wrong":
      return wrong(path, read.problem);
    case "read": {
      const secret = withoutNewline(read.bytes);
      if (secret.length >= SECRET_BYTES_MIN) return { kind: "loaded", secret };
      return wrong(
        path,
        `holds ${secret.length} bytes, but takes at least ${SECRET_BYTES_MIN}: make a new one with \`${CREATE}\``,
      );
    }
  }
}

/** Reads a small file that nobody but this user and its group can read. */
export function readPrivately(path: string): ReadPrivately {
  let file: number;
  try {
    // Without O_NONBLOCK opening a pipe would wait for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { kind: "unreadable", code: reasonOf(error) };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { kind: "noFile" };
    const problem = problemOf(stats);
    return problem === undefined ? { kind: "read", bytes: readFileSync(file) } : { kind: "wrong", problem };
  } finally {
    closeSync(file);
  }
}

function problemOf(stats: Stats): string | undefined {
  if (stats.size > SECRET_BYTES_MAX) {
    return `holds ${stats.size} bytes, but takes at most ${SECRET_BYTES_MAX}: is it the right file?`;
  }
  if (stats.mode & 0o027) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    return `can be read or written by others (mode ${mode}), but takes 0400, 0440, 0600 or 0640: run chmod 600 on it`;
  }
  return undefined;
}

function withoutNewline(bytes: Buffer): Uint8Array {
  const newline = /\r?\n$/.exec(bytes.subarray(-2).toString("latin1"))?.[0] ?? "";
  return bytes.subarray(0, bytes.length - newline.length);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function wrong(path: string, problem: string): LoadedSecret {
  return { kind: "wrong", sentence: `The secret file ${quote(path)} ${problem}.` };
}

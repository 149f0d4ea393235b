import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { quote } from "../system/printable.ts";

/** A shorter secret could be guessed from one session token. */
const SECRET_BYTES_MIN = 32;
const CREATE = "openssl rand -hex 32 > FILE; chmod 600 FILE";
/** Whoever names a bigger file means another one. */
const SECRET_BYTES_MAX = 64 * 1024;

/** The secret's bytes, or one sentence that says what is wrong with its file and what to do. */
export type LoadedSecret = { kind: "loaded"; secret: Uint8Array } | { kind: "wrong"; sentence: string };

/**
 * Reads the file that signs sessions, without one newline at its end. Its group may read it, so that systemd's
 * credentials (0400, 0440) work; a file that others read or write is refused, for they could sign sessions.
 */
export function loadSecret(path: string): LoadedSecret {
  let file: number;
  try {
    // Without O_NONBLOCK opening a pipe would wait for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return wrong(
      path,
      `cannot be read (${reasonOf(error)}): create it with \`${CREATE}\`, readable by this user`,
    );
  }
  try {
    const problem = problemOf(fstatSync(file));
    if (problem !== undefined) return wrong(path, problem);
    const secret = withoutNewline(readFileSync(file));
    if (secret.length >= SECRET_BYTES_MIN) return { kind: "loaded", secret };
    return wrong(
      path,
      `holds ${secret.length} bytes, but takes at least ${SECRET_BYTES_MIN}: make a new one with \`${CREATE}\``,
    );
  } finally {
    closeSync(file);
  }
}

function problemOf(stats: Stats): string | undefined {
  if (!stats.isFile()) return `is no regular file: create one with \`${CREATE}\``;
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

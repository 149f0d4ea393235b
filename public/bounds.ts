import { limits } from "../src/limits.ts";

/** Every bound of the page, units last; those that are the server's too are taken from there. */
export const bounds = {
  /** UTF-8 bytes of one line. Over it: refused whole, with the number, never cut. */
  textBytesMax: limits.textBytesMax,
  /** From here on the composer counts. */
  textBytesNear: 60 * 1024,
  nameBytesMax: limits.nameBytesMax,
  emailBytesMax: limits.emailBytesMax,
  codeCharacters: limits.codeCharacters,

  /** Messages shown; the oldest goes when one more comes. */
  itemsMax: 1000,
  /** Lines typed and not delivered. Over it: the composer keeps the text and says so. */
  outboxLines: 100,
  /** A longer text is folded behind a button. */
  foldedCharacters: 1600,
  foldedLines: 24,

  /** How fast waiting lines go out: a little under what the server allows. */
  linesPerSecond: 8,
  lineBurst: 15,
  /** Pause after a refusal that does not say how long to wait. */
  refusedPauseMs: 2000,

  /** A line without the server's echo for this long may not have arrived. */
  echoTimeoutMs: 10_000,
  /** The server answers by then, or the connection counts as lost. */
  answerTimeoutMs: 15_000,
  /** A socket opens by then, or is given up. */
  connectTimeoutMs: 10_000,
  /** A connection that lasted this long starts again with the shortest wait. */
  steadyAfterMs: 10_000,
  backoffFirstMs: 500,
  backoffMaxMs: 30_000,
  /** The shortest wait where the server asked for patience. */
  backoffLaterMs: 5000,

  /** How long a code is good. */
  codeValidMs: limits.codeValidMs,
  /** Wait before another code can be asked for. */
  resendAfterMs: 30_000,
  /** Lines of one person this close together stand under one name. */
  groupMs: 5 * 60_000,
} as const;

const encoder = new TextEncoder();

/** UTF-8 bytes of a text, which is how the server counts. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

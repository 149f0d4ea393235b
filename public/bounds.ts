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

  roomNameCharacters: limits.roomNameCharacters,
  /** Where everybody is who has not chosen another room. */
  lobby: "lobby",

  /** Entries of a room that are shown; the oldest goes when one more comes, and can be had again. */
  itemsMax: 1000,
  /** Entries that are drawn together; the page looks at twice as many for each that comes. */
  blockRows: 50,
  /** Changes to lines that are not shown, remembered until they are. */
  changesMax: 1000,
  roomsMax: limits.roomsPerConnection,
  /** More comings and goings in a row than this are told in one line. */
  crowdFrom: 3,
  /** Names told in such a line, and as typing. */
  namesTold: 3,
  /** Sessions that are to end as soon as the server can be reached. Over it: the first is left to expire by itself. */
  endingMax: 8,
  /** A screen reader is told of so many lines that come together; over it, of their number. */
  announcedLines: 5,
  /** Characters of a line that a screen reader is told; the rest is in the conversation. */
  announcedCharacters: 400,
  /** A line that is deleted can be had back for so long. Then, or when the page or the room is left, it goes for good. */
  undoMs: 6000,
  /** Lines typed and not delivered. Over it: the composer keeps the text and says so. */
  outboxLines: 100,
  /** A longer text is folded behind a button. */
  foldedCharacters: 1600,
  foldedLines: 24,

  /** How fast waiting lines go out: a little under what the server allows. */
  linesPerSecond: 8,
  lineBurst: 15,
  /** Lines on the wire that the server has not answered. */
  inFlight: 8,
  /** The server knows a line again while fewer messages than this have come since it was first sent. */
  nonces: limits.nonces,
  /** Pause after a refusal that does not say how long to wait. */
  refusedPauseMs: 2000,
  /** Typing is said at most this often. */
  typingEveryMs: 3000,
  /** Who types is shown for this long after the server last said so: what it takes for typing, and a little. */
  typingShownMs: limits.typingMs + 2 * limits.presenceEveryMs,

  /** So long after anything came last, the server is asked whether the connection stands, as it is on a wake … */
  silenceMs: 8000,
  /** … and answers by then, or the connection counts as lost: both together are less than the 15 s that are promised. */
  pongMs: 6000,
  /** How often is looked whether the machine slept. */
  sleepCheckMs: 2000,
  /** Pages that share a network which is back, or woke together, come within so long, and not at once. */
  wakeSpreadMs: 500,
  /** A socket opens by then, or is given up. */
  connectTimeoutMs: 10_000,
  /** A socket that has been opening for this long is not waited for any more where the machine woke or the network is back. */
  openingMs: 2000,
  /** So many times in a row no socket opened, though the server answers over HTTP: something in between does not let them through. */
  timesThere: 3,
  /** A connection that lasted this long starts again with the shortest wait. */
  steadyAfterMs: 10_000,
  /** The longest wait for the first try. */
  backoffFirstMs: 1000,
  /** The longest wait for the others, for the first minutes … */
  backoffMs: 2500,
  /** … then this part of the time that has passed without a connection … */
  backoffPart: 1 / 60,
  /** … and never longer. */
  backoffMaxMs: 30_000,
  /** The shortest wait where the server asked for patience. */
  backoffLaterMs: 5000,

  /** Where there are other tabs, somebody who looks at one has this long to have seen a line before it is told of. */
  tellAfterMs: 250,
  /** What one tab has claimed no other claims for so long; by then all know what it has written down. */
  claimMs: 10_000,

  /** Wait before another code can be asked for. */
  resendAfterMs: 30_000,
  /** Which day it is is looked at this often, besides at midnight: "Today" is wrong for at most this long after a sleep. */
  dayLookedAtEveryMs: 30_000,
  /** Lines of one person this close together stand under one name. */
  groupMs: 5 * 60_000,
} as const;

const encoder = new TextEncoder();

/** UTF-8 bytes of a text, which is how the server counts. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

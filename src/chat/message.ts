import type { Author } from "../people/user.ts";

/** What somebody asks a room to put into its log. */
export type Post =
  | { kind: "text"; text: string }
  /** A new text for the line with number `of`. */
  | { kind: "edited"; of: number; text: string }
  /** The line with number `of` is taken back. */
  | { kind: "deleted"; of: number };

/** What an entry of a room's log says. */
export type EntryContent =
  /** `deleted`: taken back by its author, and the text is empty. An edit leaves the text as it was. */
  | { kind: "text"; text: string; deleted: boolean }
  /** Where the line has been taken back, the text is empty. */
  | { kind: "edited"; of: number; text: string }
  | { kind: "deleted"; of: number }
  /** The user's first tab came in. */
  | { kind: "entered" }
  /** The user's last tab went away, for good or for longer than `limits.graceMs`. */
  | { kind: "left" };

/** One entry of a room's log. */
export type RoomMessage = {
  /** Its number in the log: 1, 2, 3 … */
  readonly seq: number;
  /** When it was asked for, ms since the Unix epoch. */
  readonly at: number;
  readonly user: Author;
} & Readonly<EntryContent>;

/** What a room tells of the moment, and keeps nowhere: who is there, or who types. */
export interface Signal {
  readonly kind: "presence" | "typing";
  /** People, each of them once. */
  readonly count: number;
  /** At most `limits.presenceNames` of their names. */
  readonly names: readonly string[];
}

/** What an entry holds beside its text: the objects, the name, the frame around it. Measured, rounded up. */
const ENTRY_BYTES = 512;
/** What a character holds at most: one byte as a string and 6 in a frame (`\u0000`), or 2 and 3. */
const CHARACTER_BYTES = 7;

/** The bytes that an entry, with its frame, holds at most. */
export function messageBytes(message: RoomMessage): number {
  return ENTRY_BYTES + ("text" in message ? CHARACTER_BYTES * message.text.length : 0);
}

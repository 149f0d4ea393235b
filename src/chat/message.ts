import type { User } from "./user.ts";

/** One entry of a room's log. */
export type RoomMessage = {
  user: User;
  /** When the room took it, ms since the Unix epoch. */
  at: number;
} & (
  | { kind: "text"; text: string }
  /** The user's first tab came in. */
  | { kind: "entered" }
  /** The user's last tab went away. */
  | { kind: "left" }
);

/** What an entry holds beside its text: the objects, the name, the frame around it. Measured, rounded up. */
const ENTRY_BYTES = 512;
/** What a character holds at most: one byte as a string and 6 in a frame (`\u0000`), or 2 and 3. */
const CHARACTER_BYTES = 7;

/** The bytes that an entry, with its frame, holds at most. */
export function messageBytes(message: RoomMessage): number {
  return ENTRY_BYTES + (message.kind === "text" ? CHARACTER_BYTES * message.text.length : 0);
}

import type { Random } from "../system/random.ts";
import type { RoomMessage } from "./message.ts";
import type { Accepted } from "./nonces.ts";
import type { NameKey, User } from "./user.ts";

/** What was in a room before it was opened here. */
export interface Past {
  /** Names its log among all there ever were. */
  readonly epoch: string;
  /** In order, without holes. */
  readonly messages: readonly RoomMessage[];
  readonly nonces: readonly Accepted[];
  /** Who was there when it ended, and may be back. */
  readonly people: readonly User[];
  /** Whom it lets in without an invitation, in the order in which they were let in. */
  readonly guests: readonly NameKey[];
}

/** Of a room that is new. */
export function noPast(random: Random): Past {
  const epoch = Buffer.from(random(EPOCH_BYTES)).toString("base64url");
  return { epoch, messages: [], nonces: [], people: [], guests: [] };
}

/** Enough that no two logs ever have the same epoch. */
const EPOCH_BYTES = 9;

import type { Post, RoomMessage } from "./message.ts";
import type { NameKey, User } from "./user.ts";

/** What a room's rules decide on, and what is put in order for that. */
export type RoomCommand = EnterCommand | PostCommand | LeaveCommand | GraceOverCommand;

export interface EnterCommand {
  readonly kind: "enter";
  readonly user: User;
  readonly since: Since;
  /** Whether they showed a good invitation, or opened the room: then a private room lets them in, from now on. */
  readonly invited: boolean;
  /** When it was asked for, ms since the Unix epoch. */
  readonly at: number;
}

export interface PostCommand {
  readonly kind: "post";
  readonly user: User;
  readonly post: Post;
  /** Idempotency key, of the user's own: what comes again under it is not posted again. */
  readonly nonce: string | undefined;
  readonly at: number;
}

/** One of the user's clients goes. */
export interface LeaveCommand {
  readonly kind: "leave";
  readonly user: User;
  readonly how: Leaving;
  readonly at: number;
}

/** Somebody was lost `limits.graceMs` ago, the room's loss number `loss`. Does nothing where they have been back since. */
export interface GraceOverCommand {
  readonly kind: "graceOver";
  readonly key: NameKey;
  readonly loss: number;
  readonly at: number;
}

/** A command as it is put in order, with where its answer goes. */
export type OrderedCommand =
  | (EnterCommand & { answer(answer: EnterAnswer): void })
  | (PostCommand & { answer(answer: PostAnswer): void })
  | LeaveCommand
  | GraceOverCommand;

/** What a room's inbox holds: commands in their order, and what is of the moment, and so needs none. */
export type RoomInput =
  | OrderedCommand
  | { readonly kind: "typing"; readonly user: User }
  /** It is time for the signals, or somebody types no more. */
  | { readonly kind: "timer" };

/** For good, or the connection was lost and may be back. */
export type Leaving = "left" | "lost";

/** Where somebody was in a log: of which epoch, and the number of the last message they know. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** Where somebody goes on who comes in; "now": with what happens from then on; undefined: with the last messages. */
export type Since = Place | "now" | undefined;

/** Numbers of a room's log, for somebody who has come in. */
export interface Entered {
  /** The oldest that the log has. */
  readonly first: number;
  /** The newest. */
  readonly last: number;
  /** What they hear begins behind this one. */
  readonly from: number;
}

/** What became of asking to come in. */
export type EnterAnswer =
  | ({ kind: "entered" } & Entered)
  /** The room is private, and they are not among its guests. */
  | { kind: "not invited" }
  | { kind: "closed" };

/** What became of a post. */
export type PostAnswer =
  /** It is in the log under this number; also when it was asked for again, with the same nonce. */
  | { kind: "done"; seq: number }
  /** Not a line of the user's own that the log still has. */
  | { kind: "not yours" }
  /** It cannot be saved now, so it is not done: the disk is full or broken. */
  | { kind: "not saved" }
  /** The room is closed, or the client has left it. */
  | { kind: "closed" };

/** Earlier messages, in order. */
export interface Older {
  /** The oldest number that the room's log has. */
  readonly first: number;
  readonly messages: readonly RoomMessage[];
}

/** A string holds up to 2 bytes a character. */
export function inputBytes(input: RoomInput): number {
  return input.kind === "post" && "text" in input.post ? 2 * input.post.text.length : 0;
}

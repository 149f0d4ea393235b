import type { NameKey, User } from "../people/user.ts";
import type { Post, RoomMessage } from "./message.ts";

/** The commands that a room's rules decide on, and that a journal puts in order. */
export type RoomCommand =
  | EnterCommand
  | PostCommand
  | LeaveCommand
  | GraceOverCommand
  | VoidInvitationsCommand;

export interface EnterCommand {
  readonly kind: "enter";
  readonly user: User;
  readonly since: Since;
  readonly pass: Pass;
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

/** A client of the user's leaves. */
export interface LeaveCommand {
  readonly kind: "leave";
  readonly user: User;
  readonly how: Leaving;
  readonly at: number;
}

/** The grace of the room's loss number `loss` is over, `limits.graceMs` after it. Changes nothing where the person has come back since. */
export interface GraceOverCommand {
  readonly kind: "graceOver";
  readonly key: NameKey;
  readonly loss: number;
  readonly at: number;
}

/** Invitations that were made up to now are void. */
export interface VoidInvitationsCommand {
  readonly kind: "voidInvitations";
  readonly at: number;
}

/** With what somebody asks to come in who is no guest of a private room yet: nothing, as its opener, or an invitation that is no forgery. */
export type Pass = { readonly kind: "none" | "opener" } | ({ readonly kind: "invitation" } & Invitation);

/** An invitation lets in `uses` people who are no guests yet. */
export interface Invitation {
  readonly id: string;
  readonly uses: number;
  /** ms since the Unix epoch. */
  readonly madeAtMs: number;
}

/** A command as it is put in order, with where its answer goes. */
export type OrderedCommand =
  | (EnterCommand & { answer(answer: EnterAnswer): void })
  | (PostCommand & { answer(answer: PostAnswer): void })
  | (VoidInvitationsCommand & { answer(answer: VoidAnswer): void })
  | LeaveCommand
  | GraceOverCommand;

/** What a room's inbox holds: commands in their order, and what is of the moment, and so needs none. */
export type RoomInput =
  | OrderedCommand
  | { readonly kind: "typing"; readonly user: User }
  /** A timer is due: for the signals, or for somebody who types no more. */
  | { readonly kind: "timer" };

/** "left": for good. "lost": the connection was lost, and may be back. */
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
  /** The room is private, they are not among its guests, and what they showed does not let them in, any more or ever. */
  | { kind: "not invited" }
  /** The room is private, and has `limits.guestsPerRoom` others for guests. */
  | { kind: "full" }
  | { kind: "closed" };

/** What became of a post. */
export type PostAnswer =
  /** The log has it as number `seq`; the same for the same nonce again. */
  | { kind: "done"; seq: number }
  /** Not a line of the user's own that the log still has. */
  | { kind: "not yours" }
  /** The disk is full or broken: nothing was posted. */
  | { kind: "not saved" }
  /** The room is closed, or the client has left it. */
  | { kind: "closed" };

/** What became of voiding invitations. "not saved": they are void, and may be good again after a restart. */
export type VoidAnswer = { kind: "done" | "not saved" | "closed" };

/** Earlier messages, in order. */
export interface Older {
  /** The oldest number that the room's log has. */
  readonly first: number;
  readonly messages: readonly RoomMessage[];
  /** Of these, as a log counts them. */
  readonly bytes: number;
}

/** A string holds up to 2 bytes a character. */
export function inputBytes(input: RoomInput): number {
  return input.kind === "post" && "text" in input.post ? 2 * input.post.text.length : 0;
}

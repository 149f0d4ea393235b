import { limits } from "../limits.ts";
import type { NameKey, PersonId, User } from "../people/user.ts";
import type { EntryContent, Post, RoomMessage } from "./message.ts";
import type {
  EnterCommand,
  GraceOverCommand,
  LeaveCommand,
  Pass,
  PostCommand,
  RoomCommand,
  Since,
  VoidInvitationsCommand,
} from "./room-commands.ts";

/** What a command leads to, one by one, in order. */
export type Effect =
  | { kind: "appended"; message: RoomMessage }
  /** An entry that the log has, or that was appended before, without its text. */
  | { kind: "scrubbed"; message: RoomMessage }
  | { kind: "accepted"; accepted: Accepted }
  /** Somebody is there who was not. They have one client. */
  | { kind: "came"; user: User }
  /** Somebody who is there has another number of clients, or is back after a loss. */
  | { kind: "present"; key: NameKey; clients: number }
  /** Somebody's last client was lost: the room's loss number `loss`. */
  | { kind: "lost"; key: NameKey; loss: number }
  | { kind: "gone"; user: User }
  /** A private room lets somebody in without an invitation, from now on and as long as it is there. */
  | { kind: "letIn"; person: PersonId; invitation: string | undefined }
  /** Invitations that were made up to then, ms since the Unix epoch, are void. */
  | { kind: "invitationsVoid"; toMs: number };

/** What was accepted under which nonce of whom. */
export interface Accepted {
  readonly person: PersonId;
  readonly nonce: string;
  /** Its number in the log. */
  readonly seq: number;
}

/** Somebody in a room, under one name: with clients (tabs), or without any for less than `limits.graceMs`. */
export type Occupant =
  | { readonly kind: "present"; readonly user: User; readonly clients: number }
  | { readonly kind: "lost"; readonly user: User; readonly loss: number };

/** A room as the rules see it: with all effects of the commands before. */
export interface RoomView {
  readonly epoch: string;
  readonly isPrivate: boolean;
  /** The number of the newest entry. */
  readonly last: number;
  /** Undefined where the log does not have it, any more or yet. */
  entry(seq: number): RoomMessage | undefined;
  readonly roster: {
    /** People who are there. */
    readonly size: number;
    /** How often somebody was lost. */
    readonly losses: number;
    get(key: NameKey): Occupant | undefined;
  };
  /** Whom a private room has let in, and lets in without an invitation. */
  readonly guests: {
    readonly size: number;
    has(person: PersonId): boolean;
    /** How many an invitation has let in. */
    letInBy(invitation: string): number;
  };
  /** Invitations that were made up to then are void, ms since the Unix epoch. */
  readonly invitationsVoidToMs: number;
  /** The number of what was accepted under a nonce of somebody's. */
  readonly nonces: { get(person: PersonId, nonce: string): number | undefined };
}

/** What the rules made of a command. */
export interface Change<Verdict> {
  readonly effects: readonly Effect[];
  readonly verdict: Verdict;
}

/** `from`: they hear what is behind this number, or else the last messages. */
export type EnterVerdict = { kind: "entered"; from: number | "recent" } | { kind: "not invited" | "full" };
export type PostVerdict = { kind: "done"; seq: number } | { kind: "not yours" };

/**
 * The rules of a room: what comes of a command. A pure function, without clock, chance or I/O, which changes nothing: so the
 * same commands in the same order make the same room, wherever and in however many groups they are applied.
 */
export function apply(room: RoomView, command: EnterCommand): Change<EnterVerdict>;
export function apply(room: RoomView, command: PostCommand): Change<PostVerdict>;
export function apply(
  room: RoomView,
  command: LeaveCommand | GraceOverCommand | VoidInvitationsCommand,
): Change<undefined>;
export function apply(room: RoomView, command: RoomCommand): Change<EnterVerdict | PostVerdict | undefined>;
export function apply(room: RoomView, command: RoomCommand): Change<EnterVerdict | PostVerdict | undefined> {
  switch (command.kind) {
    case "enter":
      return enter(room, command);
    case "post":
      return post(room, command);
    case "leave":
      return { effects: leave(room, command), verdict: undefined };
    case "graceOver":
      return { effects: endGrace(room, command), verdict: undefined };
    case "voidInvitations":
      // Later than the time before, which a clock that was set back would make good again.
      return {
        effects: [{ kind: "invitationsVoid", toMs: Math.max(command.at, room.invitationsVoidToMs + 1) }],
        verdict: undefined,
      };
  }
}

function enter(room: RoomView, { user, since, pass, at }: EnterCommand): Change<EnterVerdict> {
  const needsInvitation = room.isPrivate && !room.guests.has(user.id);
  if (needsInvitation && !letsIn(room, pass)) return { effects: [], verdict: { kind: "not invited" } };
  if (needsInvitation && room.guests.size >= limits.guestsPerRoom)
    return { effects: [], verdict: { kind: "full" } };
  const invitation = pass.kind === "invitation" ? pass.id : undefined;
  const effects: Effect[] = needsInvitation ? [{ kind: "letIn", person: user.id, invitation }] : [];
  const there = room.roster.get(user.key);
  if (there !== undefined && there.user.id === user.id) {
    const clients = there.kind === "present" ? there.clients + 1 : 1;
    effects.push({ kind: "present", key: user.key, clients });
  } else {
    const isAnnounced = room.roster.size + 1 <= limits.announcedPeople;
    if (isAnnounced) effects.push(append(room.last + 1, at, user, { kind: "entered" }));
    // Whoever had the name until now is not there under it any more.
    if (there !== undefined) effects.push({ kind: "gone", user: there.user });
    effects.push({ kind: "came", user });
  }
  return { effects, verdict: { kind: "entered", from: placeOf(room, since) } };
}

function letsIn(room: RoomView, pass: Pass): boolean {
  switch (pass.kind) {
    case "none":
      return false;
    case "opener":
      return true;
    case "invitation":
      return pass.madeAtMs > room.invitationsVoidToMs && room.guests.letInBy(pass.id) < pass.uses;
  }
}

function post(room: RoomView, { user, post, nonce, at }: PostCommand): Change<PostVerdict> {
  const known = nonce === undefined ? undefined : room.nonces.get(user.id, nonce);
  if (known !== undefined) return { effects: [], verdict: { kind: "done", seq: known } };
  if (post.kind !== "text" && !isTheirs(room, user, post.of))
    return { effects: [], verdict: { kind: "not yours" } };
  const seq = room.last + 1;
  const posted = append(seq, at, user, contentOf(post));
  const scrubbed = post.kind === "deleted" ? scrub(room, post.of) : [];
  const accepted = nonce === undefined ? [] : [accept(user, nonce, seq)];
  return { effects: [...scrubbed, posted, ...accepted], verdict: { kind: "done", seq } };
}

function leave(room: RoomView, { user, how, at }: LeaveCommand): Effect[] {
  const there = room.roster.get(user.key);
  if (there !== undefined && there.user.id !== user.id) return []; // the name is somebody else's now
  if (there?.kind !== "present") throw new Error("someone left a room they were not in");
  if (there.clients > 1) return [{ kind: "present", key: user.key, clients: there.clients - 1 }];
  if (how === "left") return go(room, user, at);
  return [{ kind: "lost", key: user.key, loss: room.roster.losses + 1 }];
}

function endGrace(room: RoomView, { key, loss, at }: GraceOverCommand): Effect[] {
  const there = room.roster.get(key);
  return there?.kind === "lost" && there.loss === loss ? go(room, there.user, at) : [];
}

function go(room: RoomView, user: User, at: number): Effect[] {
  const gone: Effect = { kind: "gone", user };
  const isAnnounced = room.roster.size <= limits.announcedPeople;
  return isAnnounced ? [append(room.last + 1, at, user, { kind: "left" }), gone] : [gone];
}

/** Behind which number somebody goes on. They are new where they cannot have been: in another log, or ahead of this one. */
export function placeOf(room: Pick<RoomView, "epoch" | "last">, since: Since): number | "recent" {
  if (since === "now") return room.last;
  return since?.epoch === room.epoch && since.seq <= room.last ? since.seq : "recent";
}

function isTheirs(room: RoomView, user: User, seq: number): boolean {
  const line = room.entry(seq);
  return line?.kind === "text" && !line.deleted && line.user.id === user.id;
}

/** Takes the text out of a line and of all edits of it, so that nobody who comes later can read it. */
function scrub(room: RoomView, of: number): Effect[] {
  const effects: Effect[] = [];
  for (let seq = of; seq <= room.last; seq += 1) {
    const entry = room.entry(seq);
    if (entry?.kind === "text" && seq === of)
      effects.push({ kind: "scrubbed", message: { ...entry, text: "", deleted: true } });
    if (entry?.kind === "edited" && entry.of === of)
      effects.push({ kind: "scrubbed", message: { ...entry, text: "" } });
  }
  return effects;
}

function append(seq: number, at: number, user: User, content: EntryContent): Effect {
  return { kind: "appended", message: { seq, at, user, ...content } };
}

function accept({ id }: User, nonce: string, seq: number): Effect {
  return { kind: "accepted", accepted: { person: id, nonce, seq } };
}

function contentOf(post: Post): EntryContent {
  return post.kind === "text" ? { kind: "text", text: post.text, deleted: false } : post;
}

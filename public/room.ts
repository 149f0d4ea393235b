import { type ClientMessageV2, type LogEntryV2, type ServerMessageV2, Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import { mentions } from "./mentions.ts";
import type { Position } from "./outbox.ts";
import {
  addChange,
  applyChange,
  type Changes,
  changeOf,
  type Item,
  isNews,
  itemOf,
  type Person,
  type Said,
  type Timeline,
} from "./timeline.ts";

/** A room as this tab knows it. All functions here are pure. */
export interface Room {
  readonly name: string;
  readonly stage: RoomStage;
  /** Lets one into a private room; empty where there is none. */
  readonly invite: string;
  /** The room is, or where it is new will be, for the invited only. */
  readonly isPrivate: boolean;
  /** The server has let this person in, in this tab or before. */
  readonly wasIn: boolean;
  /** What the numbers belong to; empty before the first Joined. */
  readonly epoch: string;
  /** The oldest number the server still has, the oldest that is known here, and the newest. */
  readonly first: number;
  readonly oldest: number;
  readonly last: number;
  readonly timeline: Timeline;
  /** To lines that are older than the oldest. */
  readonly changes: Changes;
  readonly older: "idle" | "asking";
  readonly present: Crowd;
  readonly typing: Crowd;
  /** Up to here nothing is news: it was either seen, or counted as unread. */
  readonly readTo: Position;
  /** Up to here this person has seen the room. */
  readonly seenTo: Position;
  /** What follows this is marked as new to this person; nothing is where there is no epoch. */
  readonly newAfter: Position;
  /** The newest number when the room was joined last: what is older was said before. */
  readonly lastAtJoin: number;
  readonly unread: number;
  /** Something unread says one's name. */
  readonly mentioned: boolean;
}

export type RoomStage =
  | { readonly kind: "out" }
  | { readonly kind: "joining" }
  | { readonly kind: "in" }
  | { readonly kind: "refused"; readonly reason: string };

/** So many people, and some of their names. */
export interface Crowd {
  readonly count: number;
  readonly names: readonly string[];
}

export const nobody: Crowd = { count: 0, names: [] };

export const nowhere: Position = { epoch: "", seq: 0 };

export function newRoom(name: string, invite = "", isPrivate = false, wasIn = false): Room {
  return {
    name,
    stage: { kind: "out" },
    invite,
    isPrivate,
    wasIn,
    epoch: "",
    first: 0,
    oldest: 0,
    last: 0,
    timeline: [],
    changes: new Map(),
    older: "idle",
    present: nobody,
    typing: nobody,
    readTo: nowhere,
    seenTo: nowhere,
    newAfter: nowhere,
    lastAtJoin: 0,
    unread: 0,
    mentioned: false,
  };
}

type Joined = Extract<ServerMessageV2, { type: typeof Type.Joined }>;
type History = Extract<ServerMessageV2, { type: typeof Type.History }>;

/**
 * The server let us in: where we were, or else in another log, of another epoch or put back to before what we know. What is
 * shown of a log that was put back goes, for its numbers are others' now.
 */
export function joined(room: Room, message: Joined, at: number): Room {
  const { epoch, first, last, from } = message;
  const inside: Room = {
    ...room,
    stage: { kind: "in" },
    isPrivate: message.private,
    wasIn: true,
    first,
    older: "idle",
    lastAtJoin: last,
    newAfter: newSince(room, epoch, last),
  };
  const wasPutBack = room.epoch === epoch && from < room.last;
  if (room.epoch === epoch && !wasPutBack) return inside;
  const begun = { ...inside, epoch, oldest: from + 1, last: from, changes: new Map() };
  // After a reload the count goes on, if it is of this log.
  if (room.epoch === "" && room.readTo.epoch === epoch && room.readTo.seq <= last) return begun;
  if (room.epoch === "") {
    // In a new tab, what this person has seen in others counts; who was never there has nothing to catch up on.
    const seenTo = room.seenTo.epoch === epoch ? room.seenTo : { epoch, seq: last };
    return { ...begun, readTo: seenTo, seenTo, unread: 0, mentioned: false };
  }
  const line: Item = { id: `${epoch}/0`, epoch, seq: 0, at, kind: "lost" };
  const before = wasPutBack ? [] : room.timeline;
  return { ...begun, timeline: cap([...before, line]), readTo: { epoch, seq: from } };
}

/** Whether something can be said there, now or once there is a connection. */
export function canWrite({ stage }: Room): boolean {
  return stage.kind !== "refused";
}

/** After what lines are new to who comes in again: after the last one that was seen, if there are any. */
function newSince({ epoch: known, seenTo, newAfter }: Room, epoch: string, last: number): Position {
  // Found since the page was loaded, and not yet left.
  if (known === "" && newAfter.epoch === epoch) return newAfter;
  if (seenTo.epoch !== epoch) return nowhere;
  return seenTo.seq < last ? seenTo : newAfter;
}

/** What the room's numbers belonged to when this tab was last in it, before a reload too; empty where it never was. */
export function knownEpoch({ epoch, readTo }: Room): string {
  return epoch === "" ? readTo.epoch : epoch;
}

/** The connection is gone: to be joined again, unless the server does not want it. */
export function cutOff(room: Room): Room {
  const stage: RoomStage = room.stage.kind === "refused" ? room.stage : { kind: "out" };
  return { ...room, stage, older: "idle", typing: nobody };
}

/**
 * The message that joins a room, with what lets us in and where we were. A room that was for the invited only is asked for as
 * such each time, so that another one of its name is refused and not taken for it.
 */
export function joinMessage({ name, epoch, last, invite, isPrivate }: Room): ClientMessageV2 {
  return {
    type: Type.Join,
    room: name,
    ...(epoch !== "" && { since: { epoch, seq: last } }),
    ...(invite !== "" && { invite }),
    ...(isPrivate && { private: true }),
  };
}

/** Takes the next entry of the log. One that is known already changes nothing. */
export function heard(room: Room, entry: LogEntryV2, me: Person): Room {
  const { epoch, last } = room;
  if (entry.seq <= last) return room;
  // The server tells of every hole. Should one come untold, it is shown all the same.
  if (entry.seq > last + 1)
    return heard(gone(room, { first: last + 1, last: entry.seq - 1 }, entry.at), entry, me);
  const typing = withoutName(room.typing, entry.user.name);
  const next = { ...room, last: entry.seq, typing };
  const change = changeOf(entry);
  if (change !== undefined) {
    const timeline = applyChange(room.timeline, epoch, change.of, change.change);
    if (timeline !== undefined) return { ...next, timeline };
    return { ...next, changes: addChange(room.changes, change.of, change.change) };
  }
  const item = itemOf(entry, epoch, me, undefined);
  if (item === undefined) return next;
  return capped(noticed({ ...next, timeline: [...room.timeline, item] }, item, me));
}

/** Messages were gone before they could be had. */
export function gone(room: Room, range: { first: number; last: number }, at: number): Room {
  const first = Math.max(range.first, room.last + 1);
  if (range.last < first) return room;
  const { epoch } = room;
  const item: Item = { id: `${epoch}/${first}`, epoch, seq: first, at, kind: "gap", last: range.last };
  return capped({ ...room, last: range.last, timeline: [...room.timeline, item] });
}

export function canAskOlder(room: Room): boolean {
  return room.stage.kind === "in" && room.oldest > Math.max(1, room.first);
}

/** Puts older entries before those that are known. */
export function recalled(room: Room, message: History, me: Person): Room {
  const { epoch, oldest } = room;
  const entries = message.entries.filter(({ seq }) => seq < oldest);
  let changes = room.changes;
  for (const entry of entries) {
    const change = changeOf(entry);
    if (change !== undefined) changes = addChange(changes, change.of, change.change);
  }
  const items = entries.flatMap((entry) => itemOf(entry, epoch, me, changes.get(entry.seq)) ?? []);
  const place = room.timeline.findIndex((item) => item.epoch === epoch && item.kind !== "lost");
  const at = place < 0 ? room.timeline.length : place;
  return {
    ...room,
    changes,
    older: "idle",
    first: message.first,
    oldest: entries[0]?.seq ?? message.first,
    timeline: room.timeline.toSpliced(at, 0, ...items),
  };
}

/**
 * This person has seen all of it. `as`: they were looking already, or look again, when what they had not seen is marked as new, or
 * come from another room, when nothing else is.
 */
export function seen(room: Room, as: "looking" | "back" | "come"): Room {
  const { epoch, last, unread, readTo, seenTo } = room;
  // Not joined since a reload: how far it was counted is all that is known of it.
  const counted = readTo.epoch === "" ? seenTo : readTo;
  const end = epoch === "" ? counted : { epoch, seq: last };
  const isBehind = seenTo.epoch === end.epoch && seenTo.seq < end.seq;
  const kept = as === "come" ? nowhere : room.newAfter;
  const newAfter = as !== "looking" && isBehind ? seenTo : kept;
  const isSame = [readTo, seenTo].every(({ epoch: known, seq }) => known === end.epoch && seq === end.seq);
  if (unread === 0 && isSame && newAfter === room.newAfter) return room;
  return { ...room, readTo: end, seenTo: end, newAfter, unread: 0, mentioned: false };
}

/** The id of the first line that is marked as new. */
export function firstNew({ timeline, newAfter: { epoch, seq } }: Room): string | undefined {
  if (epoch === "") return undefined;
  return timeline.find((item) => item.epoch === epoch && item.seq > seq && isNews(item))?.id;
}

/** This person has seen the room up to there, in another tab. */
export function seenElsewhere(room: Room, to: Position, me: Person): Room {
  const { readTo, seenTo, timeline } = room;
  const { epoch, seq } = to;
  if (knownEpoch(room) !== epoch || (seenTo.epoch === epoch && seenTo.seq >= seq)) return room;
  const left = timeline.filter((item) => isNews(item) && item.epoch === epoch && item.seq > seq);
  // Not joined since a reload: there is a count, and no line yet.
  const hasLines = room.epoch !== "";
  const unread = Math.min(room.unread, hasLines ? left.length : Math.max(0, readTo.seq - seq));
  const isMention = (item: Item) => item.kind === "said" && mentions(item.text, me.name);
  return {
    ...room,
    readTo: readTo.epoch === epoch && readTo.seq > seq ? readTo : to,
    seenTo: to,
    newAfter: room.newAfter.epoch === "" ? nowhere : to,
    unread,
    mentioned: unread > 0 && room.mentioned && (!hasLines || left.some(isMention)),
  };
}

/** Whether a line is among what is unread. */
export function isUnread({ unread, readTo }: Room, { epoch, seq }: Position): boolean {
  return unread > 0 && (readTo.epoch !== epoch || readTo.seq < seq);
}

/** Whether an entry has not been counted before, as unread or as read. */
export function isNewIn({ readTo }: Room, item: Item): item is Said {
  return isNews(item) && item.seq > readTo.seq;
}

/** The own line before number `before` that was said last and can still be changed. */
export function ownLineBefore(room: Room, before: number): Said | undefined {
  const lines = room.timeline.filter((item) => item.kind === "said");
  return lines.findLast(
    ({ own, deleted, epoch, seq }) => own && !deleted && epoch === room.epoch && seq < before,
  );
}

function noticed(room: Room, item: Item, me: Person): Room {
  if (!isNewIn(room, item)) return room;
  return {
    ...room,
    unread: room.unread + 1,
    mentioned: room.mentioned || mentions(item.text, me.name),
  };
}

function capped(room: Room): Room {
  const timeline = cap(room.timeline);
  if (timeline === room.timeline) return room;
  const oldest = timeline.find(({ epoch, kind }) => epoch === room.epoch && kind !== "lost")?.seq;
  return { ...room, timeline, oldest: Math.max(room.oldest, oldest ?? 0) };
}

function cap(timeline: Timeline): Timeline {
  return timeline.length > bounds.itemsMax ? timeline.slice(-bounds.itemsMax) : timeline;
}

function withoutName(crowd: Crowd, name: string): Crowd {
  if (!crowd.names.includes(name)) return crowd;
  return { count: crowd.count - 1, names: crowd.names.filter((other) => other !== name) };
}

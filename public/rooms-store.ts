import * as v from "valibot";
import { bounds } from "./bounds.ts";
import type { Position } from "./outbox.ts";
import { newRoom, nowhere, type Room, seenElsewhere } from "./room.ts";

/** For the browser's storage: which rooms somebody is in, and what lets them in again. One that never let them in is none. */
export function packRooms(rooms: readonly Room[]): string {
  const kept = rooms.filter(({ stage, wasIn }) => wasIn || stage.kind !== "refused");
  return JSON.stringify(
    kept.map(({ name, invite, isPrivate, wasIn }) => ({ name, invite, isPrivate, wasIn })),
  );
}

/** For the tab's storage: how far each room was counted, and what nobody had looked at then. */
export function packRead(rooms: readonly Room[]): string {
  const known = rooms.filter(({ epoch, readTo }) => epoch !== "" || readTo.epoch !== "");
  return known.length === 0 ? "" : JSON.stringify(Object.fromEntries(known.map(readOf)));
}

/** For the browser's storage: how far this person has seen each room, in this tab or in one that has written `before`. */
export function packSeen(rooms: readonly Room[], before: string): string {
  const seen = unpackSeen(before);
  for (const { name, seenTo } of rooms) {
    const known = seen.get(name);
    const isFurther = known?.epoch !== seenTo.epoch || seenTo.seq > known.seq;
    if (seenTo.epoch !== "" && isFurther) seen.set(name, seenTo);
  }
  // Those of rooms that were left make way.
  const kept = [...seen].slice(-2 * bounds.roomsMax);
  return kept.length === 0 ? "" : JSON.stringify(Object.fromEntries(kept));
}

function unpackSeen(packed: string): Map<string, Position> {
  return new Map(Object.entries(parse(keptSeen, packed) ?? {}));
}

/** Reads what `packRooms`, `packRead` and `packSeen` wrote; the lobby alone where there is nothing. Never throws. */
export function unpackRooms(packedRooms: string, packedRead: string, packedSeen: string): readonly Room[] {
  const rooms = parse(keptRooms, packedRooms) ?? [];
  if (rooms.length === 0) return [newRoom(bounds.lobby)];
  const read = parse(keptRead, packedRead) ?? {};
  const seen = unpackSeen(packedSeen);
  return rooms.map(({ name, invite, isPrivate, wasIn }) => {
    const room = { ...newRoom(name, invite, isPrivate, wasIn), ...read[name] };
    const seenTo = seen.get(name) ?? nowhere;
    return { ...seenElsewhere(room, seenTo, { id: "", name: "" }), seenTo };
  });
}

type Read = Pick<Room, "readTo" | "unread" | "mentioned">;

/** What has come is either read or in the count. */
function readOf({ name, epoch, last, readTo, unread, mentioned }: Room): [name: string, read: Read] {
  const isFurther = epoch !== "" && (epoch !== readTo.epoch || last > readTo.seq);
  return [name, { readTo: isFurther ? { epoch, seq: last } : readTo, unread, mentioned }];
}

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  packed: string,
): v.InferOutput<Schema> | undefined {
  try {
    return v.parse(schema, JSON.parse(packed));
  } catch {
    return undefined;
  }
}

const keptRooms = v.pipe(
  v.array(
    v.object({
      name: v.string(),
      invite: v.string(),
      isPrivate: v.boolean(),
      wasIn: v.optional(v.boolean(), true), // 0.4 did not keep it
    }),
  ),
  v.maxLength(bounds.roomsMax),
);

const position = v.object({ epoch: v.string(), seq: v.number() });

const keptSeen = v.record(v.string(), position);

const keptRead = v.record(
  v.string(),
  v.object({
    readTo: position,
    unread: v.number(),
    mentioned: v.boolean(),
  }),
);

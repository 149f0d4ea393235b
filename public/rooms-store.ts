import * as v from "valibot";
import { bounds } from "./bounds.ts";
import { newRoom, type Room } from "./room.ts";

/** For the browser's storage: which rooms somebody is in, and what lets them in again. */
export function packRooms(rooms: readonly Room[]): string {
  return JSON.stringify(rooms.map(({ name, invite, isPrivate }) => ({ name, invite, isPrivate })));
}

/** Reads what `packRooms` wrote; the lobby alone where there is nothing. Never throws. */
export function unpackRooms(packed: string): readonly Room[] {
  try {
    const rooms = v.parse(kept, JSON.parse(packed));
    if (rooms.length > 0) return rooms.map((room) => newRoom(room.name, room.invite, room.isPrivate));
  } catch {
    // Nothing, or nothing of ours.
  }
  return [newRoom(bounds.lobby)];
}

const kept = v.pipe(
  v.array(v.object({ name: v.string(), invite: v.string(), isPrivate: v.boolean() })),
  v.maxLength(bounds.roomsMax),
);

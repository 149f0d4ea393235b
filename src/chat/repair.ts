import { isOfPeople, readPeopleEntry } from "../people/records.ts";
import { parseJson } from "../store/store.ts";
import { FORMAT_KEY } from "./format.ts";
import { keyUnderEpoch, type RoomEntry, readRoomEntry } from "./records.ts";

/** What is left of a damaged state, in order again. */
export interface RepairedState {
  readonly entries: ReadonlyMap<string, string>;
  readonly rooms: number;
  readonly lines: number;
  readonly names: number;
}

/**
 * Makes a state of what could be read of one: without rooms whose beginning is gone, without lines before a hole, and each
 * room under a new epoch, so that clients are told that the log is another one, and no number means two lines.
 */
export function repairState(found: ReadonlyMap<string, string>, newEpoch: () => string): RepairedState {
  const entries = new Map<string, string>();
  const rooms = new Map<string, { key: string; entry: RoomEntry }[]>();
  let names = 0;
  for (const [key, value] of found) {
    const json = parseJson(value);
    const person = isOfPeople(key) ? readPeopleEntry(key, json) : undefined;
    if (person !== undefined || key === FORMAT_KEY) entries.set(key, value);
    if (person?.kind === "name") names += 1;
    const entry = readRoomEntry(key, json);
    if (entry !== undefined) rooms.set(entry.epoch, [...(rooms.get(entry.epoch) ?? []), { key, entry }]);
  }
  let lines = 0;
  const kept = [...rooms.values()].filter((room) => room.some(({ entry }) => entry.kind === "room"));
  for (const room of kept) {
    const first = firstLine(room.flatMap(({ entry }) => (entry.kind === "line" ? [entry.message.seq] : [])));
    const epoch = newEpoch();
    for (const { key, entry } of room) {
      if (entry.kind === "line" && entry.message.seq < first) continue;
      if (entry.kind === "line") lines += 1;
      entries.set(keyUnderEpoch(key, epoch), found.get(key) ?? "");
    }
  }
  return { entries, rooms: kept.length, lines, names };
}

/** The number behind which no line is missing. */
function firstLine(seqs: number[]): number {
  const [last = 0, ...before] = seqs.sort((a, b) => b - a);
  let first = last;
  for (const seq of before) {
    if (seq !== first - 1) break;
    first = seq;
  }
  return first;
}

import { keyUnderEpoch, readEntry, type StoredEntry } from "./records.ts";

/** What is left of a damaged state, in order again. */
export interface RepairedState {
  readonly entries: ReadonlyMap<string, string>;
  readonly rooms: number;
  readonly lines: number;
  readonly names: number;
}

type RoomEntry = Extract<StoredEntry, { epoch: string }>;

/**
 * Makes a state of what could be read of one: without rooms whose beginning is gone, without lines before a hole, and each
 * room under a new epoch, so that clients are told that the log is another one, and no number means two lines.
 */
export function repairState(found: ReadonlyMap<string, string>, newEpoch: () => string): RepairedState {
  const entries = new Map<string, string>();
  const rooms = new Map<string, { key: string; entry: RoomEntry }[]>();
  let names = 0;
  for (const [key, value] of found) {
    const entry = readEntry(key, value);
    if (entry === undefined) continue;
    if ("epoch" in entry) rooms.set(entry.epoch, [...(rooms.get(entry.epoch) ?? []), { key, entry }]);
    else entries.set(key, value);
    if (entry.kind === "name") names += 1;
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

import { type LogEntryV2, Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";

/** What the page shows of a room, oldest first. */
export type Timeline = readonly Item[];

/** A person under one of their names. Names change hands, the id never does. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A line somebody said. */
export interface Said extends Place {
  readonly kind: "said";
  readonly by: Person;
  readonly text: string;
  readonly own: boolean;
  readonly edited: boolean;
  readonly deleted: boolean;
}

/** One entry. */
export type Item =
  | Said
  | (Place & { readonly kind: "came" | "went"; readonly by: Person; readonly own: boolean })
  /** Messages number `seq` to `last` were gone before they could be had. */
  | (Place & { readonly kind: "gap"; readonly last: number })
  /** What was said between here and there is lost: the server has begun anew. */
  | (Place & { readonly kind: "lost" });

/** Where an entry stands. `seq` belongs to the epoch; `at` is in ms since the Unix epoch. */
export interface Place {
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
}

/** What became of a line: message number `seq` says so, and the newest one counts. */
export interface Change {
  readonly seq: number;
  /** `undefined`: taken back. */
  readonly text: string | undefined;
}

/** By number of the line. */
export type Changes = ReadonlyMap<number, Change>;

/** An entry of the log as it is shown. `undefined` for one that only changes another. */
export function itemOf(
  entry: LogEntryV2,
  epoch: string,
  me: Person,
  change: Change | undefined,
): Item | undefined {
  const { seq, at, user: by } = entry;
  const place = { id: `${epoch}/${seq}`, epoch, seq, at };
  const own = by.id === me.id;
  switch (entry.type) {
    case Type.Text: {
      const deleted = entry.deleted === true;
      const said: Said = { ...place, kind: "said", by, text: entry.text, own, edited: false, deleted };
      return change === undefined ? said : changed(said, change);
    }
    case Type.Entered:
      return { ...place, kind: "came", by, own };
    case Type.Departed:
      return { ...place, kind: "went", by, own };
    case Type.Edited:
    case Type.Deleted:
      return undefined;
  }
}

/** What an entry changes, if it is one that does. */
export function changeOf(entry: LogEntryV2): { of: number; change: Change } | undefined {
  switch (entry.type) {
    case Type.Edited:
      return { of: entry.of, change: { seq: entry.seq, text: entry.text } };
    case Type.Deleted:
      return { of: entry.of, change: { seq: entry.seq, text: undefined } };
    default:
      return undefined;
  }
}

/** Changes a line of this epoch. `undefined` where it is not there. */
export function applyChange(
  timeline: Timeline,
  epoch: string,
  of: number,
  change: Change,
): Timeline | undefined {
  const index = timeline.findLastIndex((item) => item.seq === of && item.epoch === epoch);
  const item = timeline[index];
  if (item?.kind !== "said") return undefined;
  return timeline.with(index, changed(item, change));
}

export function addChange(changes: Changes, of: number, change: Change): Changes {
  if ((changes.get(of)?.seq ?? 0) >= change.seq) return changes;
  return new Map([...changes, [of, change] as const].slice(-bounds.changesMax));
}

/** Whether an entry is news to someone who is looking elsewhere. */
export function isNews(item: Item): item is Said {
  return item.kind === "said" && !item.own && !item.deleted;
}

function changed(item: Said, change: Change): Said {
  if (change.text === undefined) return { ...item, text: "", deleted: true };
  return item.deleted ? item : { ...item, text: change.text, edited: true };
}

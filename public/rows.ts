import { bounds } from "./bounds.ts";
import type { Item, Place, Said, Timeline } from "./timeline.ts";

/** What stands in one line of the page: an entry, or many comings and goings at once. */
export type Row = Exclude<Item, { kind: "came" | "went" }> | Crossing | Crossings;

export type Crossing = Extract<Item, { kind: "came" | "went" }>;

export interface Crossings extends Place {
  readonly kind: "crossings";
  /** The entries that are told together, as a text: equal for equal rows. */
  readonly version: string;
  readonly came: readonly string[];
  readonly went: readonly string[];
}

/** Puts together comings and goings in a row, where there are more than a few. */
export function rowsOf(timeline: Timeline): Row[] {
  const rows: Row[] = [];
  let crowd: Crossing[] = [];
  const flush = () => {
    if (crowd.length > bounds.crowdFrom) rows.push(together(crowd));
    else rows.push(...crowd);
    crowd = [];
  };
  for (const item of timeline) {
    const isCrossing = item.kind === "came" || item.kind === "went";
    const before = crowd.at(-1);
    if (!isCrossing || (before !== undefined && startsDay(item, before))) flush();
    if (isCrossing) crowd.push(item);
    else rows.push(item);
  }
  flush();
  return rows;
}

/** Rows that are drawn together: where none of them is new, none is looked at again. */
export interface Block {
  readonly id: string;
  readonly rows: readonly Row[];
  /** The row above. */
  readonly before: Row | undefined;
}

/** Blocks by number, so that a row stays in its own whatever comes after it or goes before it. */
export function blocksOf(rows: readonly Row[]): Block[] {
  const blocks: { id: string; rows: Row[]; before: Row | undefined }[] = [];
  for (const row of rows) {
    const id = `${row.epoch}/${Math.floor(row.seq / bounds.blockRows)}`;
    const last = blocks.at(-1);
    if (last?.id === id) last.rows.push(row);
    else blocks.push({ id, rows: [row], before: last?.rows.at(-1) });
  }
  return blocks;
}

export function isSameBlock(a: Block, b: Block): boolean {
  return (
    a.rows.length === b.rows.length &&
    isSameRow(a.before, b.before) &&
    a.rows.every((row, index) => isSameRow(row, b.rows[index]))
  );
}

/** Rows of comings and goings are put together anew each time, and equal where their version is. */
function isSameRow(a: Row | undefined, b: Row | undefined): boolean {
  return a === b || (a?.kind === "crossings" && b?.kind === "crossings" && a.version === b.version);
}

/** Whether a row stands under the name of the one before it. */
export function continues(row: Pick<Said, "kind" | "by" | "at">, before: Row | undefined): boolean {
  if (before?.kind !== "said" || startsDay(row, before) || row.at - before.at > bounds.groupMs) return false;
  return before.by.id === row.by.id && before.by.name === row.by.name;
}

/** Whether a row is the first of its day, in this person's time zone. */
export function startsDay(row: { at: number }, before: { at: number } | undefined): boolean {
  return before === undefined || new Date(row.at).toDateString() !== new Date(before.at).toDateString();
}

/** Where each of them is in the end counts. */
function together(crowd: readonly Crossing[]): Crossings {
  const end = new Map<string, Crossing>();
  for (const crossing of crowd) {
    const who = `${crossing.by.id} ${crossing.by.name}`;
    end.delete(who);
    end.set(who, crossing);
  }
  const [first, last] = [crowd[0], crowd.at(-1)];
  const named = (kind: Crossing["kind"]) =>
    [...end.values()].flatMap((crossing) => (crossing.kind === kind ? [crossing.by.name] : []));
  return {
    kind: "crossings",
    id: `crowd ${first?.id}`,
    epoch: first?.epoch ?? "",
    seq: first?.seq ?? 0,
    at: last?.at ?? 0,
    version: `${first?.id} ${last?.id}`,
    came: named("came"),
    went: named("went"),
  };
}

import { bounds } from "./bounds.ts";
import type { Item, Said, Timeline } from "./timeline.ts";

/** What stands in one line of the page: an entry, or many comings and goings at once. */
export type Row = Exclude<Item, { kind: "came" | "went" }> | Crossing | Crossings;

export type Crossing = Extract<Item, { kind: "came" | "went" }>;

export interface Crossings {
  readonly kind: "crossings";
  readonly id: string;
  readonly at: number;
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

/** Whether a row stands under the name of the one before it. */
export function continues(row: Pick<Said, "kind" | "name" | "at">, before: Row | undefined): boolean {
  if (before?.kind !== "said" || startsDay(row, before) || row.at - before.at > bounds.groupMs) return false;
  return before.name === row.name;
}

/** Whether a row is the first of its day, in this person's time zone. */
export function startsDay(row: { at: number }, before: { at: number } | undefined): boolean {
  return before === undefined || new Date(row.at).toDateString() !== new Date(before.at).toDateString();
}

/** Where each of them is in the end counts. */
function together(crowd: readonly Crossing[]): Crossings {
  const end = new Map<string, Crossing["kind"]>();
  for (const { name, kind } of crowd) {
    end.delete(name);
    end.set(name, kind);
  }
  const [first, last] = [crowd[0], crowd.at(-1)];
  const named = (kind: Crossing["kind"]) => [...end].flatMap(([name, is]) => (is === kind ? [name] : []));
  return {
    kind: "crossings",
    id: `crowd ${first?.id}`,
    at: last?.at ?? 0,
    version: `${first?.id} ${last?.id}`,
    came: named("came"),
    went: named("went"),
  };
}

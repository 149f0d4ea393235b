import { BOT_NAME } from "../src/protocol/message.ts";
import { bounds } from "./bounds.ts";

/** What the page shows, oldest first, at most `itemsMax`. */
export type Timeline = readonly Item[];

/** One entry. Ids only grow; `at` is when it came, ms since the Unix epoch. */
export type Item = { readonly id: number; readonly at: number } & (
  | { readonly kind: "said"; readonly name: string; readonly text: string; readonly own: boolean }
  | { readonly kind: "came" | "went"; readonly name: string; readonly own: boolean }
  /** The house speaks. */
  | { readonly kind: "house"; readonly text: string }
  /** Nothing was heard for `awayMs`, and v1 keeps no history. */
  | { readonly kind: "gap"; readonly awayMs: number }
);

/** Adds what the server sent. A greeting that stands there already is not repeated after a short loss. */
export function hear(
  timeline: Timeline,
  heard: { name: string; text: string; at: number },
  me: string,
): Timeline {
  const { name, text, at } = heard;
  const own = name === me;
  const id = nextId(timeline);
  if (name === BOT_NAME) {
    const known = timeline.some((item) => item.kind === "house" && item.text === text);
    return known ? timeline : add(timeline, { id, at, kind: "house", text });
  }
  if (text === "entered chat") return add(timeline, { id, at, kind: "came", name, own });
  if (text === "left chat") return add(timeline, { id, at, kind: "went", name, own });
  return add(timeline, { id, at, kind: "said", name, text, own });
}

/** Says that something may be missing here. Where nothing is shown yet, nothing is missing. */
export function addGap(timeline: Timeline, awaySince: number, at: number): Timeline {
  if (timeline.length === 0) return timeline;
  return add(timeline, { id: nextId(timeline), at, kind: "gap", awayMs: Math.max(0, at - awaySince) });
}

/** Whether an entry is news to someone who is looking elsewhere. */
export function isNews(item: Item): boolean {
  return item.kind === "said" && !item.own;
}

/** Whether an entry stands under the name of the one before it. */
export function continues(item: Item, before: Item | undefined): boolean {
  if (before === undefined || startsDay(item, before) || item.at - before.at > bounds.groupMs) return false;
  if (item.kind === "said") return before.kind === "said" && before.name === item.name;
  return item.kind === "house" && before.kind === "house";
}

/** Whether an entry is the first of its day, in this person's time zone. */
export function startsDay(item: Item, before: Item | undefined): boolean {
  return before === undefined || new Date(item.at).toDateString() !== new Date(before.at).toDateString();
}

function nextId(timeline: Timeline): number {
  return (timeline.at(-1)?.id ?? 0) + 1;
}

function add(timeline: Timeline, item: Item): Timeline {
  return [...timeline.slice(1 - bounds.itemsMax), item];
}

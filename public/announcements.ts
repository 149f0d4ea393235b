import { bounds } from "./bounds.ts";
import type { Position } from "./outbox.ts";
import { wordsOf } from "./parts.ts";
import type { Room } from "./room.ts";
import type { Item } from "./timeline.ts";
import { words } from "./words.ts";

/** What a screen reader is told, once. */
export interface Announcement {
  readonly id: string;
  readonly text: string;
}

/** How far a room has been told of: what was said before one came in, or came back, is history and told to nobody. */
export function toldTo({ epoch, last, lastAtJoin }: Room): Position {
  return { epoch, seq: Math.max(last, lastAtJoin) };
}

/** What has happened in a room since it was told of as far as `told`. */
export function announcementsOf(room: Room, told: Position): Announcement[] {
  const { epoch, timeline, lastAtJoin } = room;
  const from = Math.max(lastAtJoin, told.epoch === epoch ? told.seq : 0);
  const isOld = (item: Item) => item.epoch === epoch && item.seq <= from;
  const news = timeline
    .slice(timeline.findLastIndex(isOld) + 1)
    .flatMap((item) => announcementOf(item) ?? []);
  const [first] = news;
  if (first === undefined || news.length <= bounds.announcedLines) return news;
  return [{ id: `${first.id} and more`, text: words.chat.fresh(news.length) }];
}

function announcementOf(item: Item): Announcement | undefined {
  switch (item.kind) {
    case "said": {
      if (item.own || item.deleted) return undefined;
      const text = item.text.slice(0, bounds.announcedCharacters);
      const more = text.length < item.text.length ? "…" : "";
      return { id: item.id, text: `${item.by.name}: ${wordsOf(text)}${more}` };
    }
    case "came":
      return item.own ? undefined : { id: item.id, text: words.chat.came(item.by.name) };
    case "went":
      return item.own ? undefined : { id: item.id, text: words.chat.went(item.by.name) };
    case "gap":
    case "lost":
      return undefined;
  }
}

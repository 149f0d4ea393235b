import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Announcement, announcementsOf, toldTo } from "../announcements.ts";
import { bounds } from "../bounds.ts";
import type { Room } from "../room.ts";

/** Says to a screen reader what is new in the room: not history that is loaded, nor what a translator does to the lines. */
export function Announcer({ room }: { room: Room }) {
  const told = useRef(toldTo(room));
  const newest = useSignal<readonly Announcement[]>([]);
  useLayoutEffect(() => {
    const more = announcementsOf(room, told.current);
    told.current = toldTo(room);
    if (more.length > 0) newest.value = [...newest.value, ...more].slice(-bounds.announcedLines);
  }, [room.timeline]);
  return (
    <div class="unseen announcer" aria-live="polite">
      {newest.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

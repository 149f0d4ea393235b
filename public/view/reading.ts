import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Room } from "../room.ts";

/** This close to the end, in CSS pixels, counts as the end. */
const endTolerance = 48;
/** This close to the beginning, older messages are asked for. */
const beginningTolerance = 200;

interface Anchor {
  element: Element;
  /** Where it stands on the screen. */
  top: number;
}

/**
 * Where somebody reads. At the end, the end stays in view; anywhere else what is read stays where it is, whatever comes
 * above it or below. The browser's own way of that is turned off in the style sheet, for not all of them have it.
 */
export function useReading(props: { room: Room; newestLine: string | undefined; askOlder: () => void }) {
  const { room, newestLine, askOlder } = props;
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | undefined>(undefined);
  const atEnd = useSignal(true);
  /** The entries that were there when this person was last at the end. */
  const known = useRef<ReadonlySet<string>>(new Set());

  const toEnd = () => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    atEnd.value = true;
  };

  /** Remembers what stands at the top. */
  const look = () => {
    const element = scroller.current;
    if (!element || atEnd.value) return;
    const entry = firstInView(element);
    if (entry) anchor.current = { element: entry, top: entry.getBoundingClientRect().top };
  };

  /** Brings it back to where it stood. */
  const hold = () => {
    const element = scroller.current;
    if (!element) return;
    if (atEnd.value) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor.current?.element.isConnected) {
      element.scrollTop += anchor.current.element.getBoundingClientRect().top - anchor.current.top;
    }
  };

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight <= endTolerance;
    look();
    if (element.scrollTop < beginningTolerance && !atEnd.value) askOlder();
  };

  useLayoutEffect(() => {
    hold();
    look();
    if (atEnd.value) known.current = new Set(room.timeline.map(({ id }) => id));
  }, [room.timeline, newestLine, atEnd.value]);

  // Whoever says something wants to see it.
  useLayoutEffect(() => {
    if (newestLine !== undefined) toEnd();
  }, [newestLine]);

  // What scrolls must be reachable by keyboard, in every browser.
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.tabIndex = 0;
  }, []);

  // The keyboard on the screen, a growing composer, a line that unfolds.
  useEffect(() => {
    const follow = new ResizeObserver(() => {
      if (atEnd.value) hold();
      else look();
    });
    for (const element of [scroller.current, content.current]) if (element) follow.observe(element);
    return () => follow.disconnect();
  }, [atEnd]);

  return {
    scroller,
    content,
    scrolled,
    toEnd,
    atEnd: atEnd.value,
    isNew: (id: string) => !known.current.has(id),
    /** A button that had the focus is going away. */
    keepFocus: () => scroller.current?.focus({ preventScroll: true }),
  };
}

/** The entry that stands at the top edge of what is seen, or the first below it. Entries stand one below the other. */
function firstInView(scroller: Element): Element | undefined {
  const { top } = scroller.getBoundingClientRect();
  const entries = scroller.querySelectorAll("li");
  let [first, last] = [0, entries.length];
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    const bottom = entries[middle]?.getBoundingClientRect().bottom ?? 0;
    if (bottom <= top) first = middle + 1;
    else last = middle;
  }
  return entries[first];
}

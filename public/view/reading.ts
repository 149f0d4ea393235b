import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Room } from "../room.ts";
import { isNews } from "../timeline.ts";

/** This close to the end, in CSS pixels, counts as the end. */
const endTolerance = 48;
/** This close to the beginning, older messages are asked for. */
const beginningTolerance = 200;
/** A glide that gave no sign for so long, in milliseconds, is over. */
const glideRest = 250;
/** So many entries are remembered by where they stand: when older ones come, a day's heading or a crowd's line may go. */
const anchorsMax = 10;

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
  const anchors = useRef<readonly Anchor[]>([]);
  const atEnd = useSignal(true);
  /** The newest entry when this person was last at the end. */
  const newestRead = useRef<string | undefined>(undefined);
  /** Where the list stood when it was last looked at or moved. */
  const stood = useRef(0);
  /** Until when a glide may still carry the list away from the end that was asked for. */
  const glideEnds = useRef(0);

  const place = (element: HTMLElement, top: number) => {
    element.scrollTop = top;
    stood.current = element.scrollTop;
  };

  /** Goes to the end and stays there, even if an earlier scroll still glides: a browser resumes it from where it is put. */
  const toEnd = () => {
    if (scroller.current) place(scroller.current, scroller.current.scrollHeight);
    atEnd.value = true;
    glideEnds.current = performance.now() + glideRest;
  };

  /** Remembers what stands at the top. */
  const look = () => {
    const element = scroller.current;
    if (!element || atEnd.value) return;
    anchors.current = firstInView(element).map((entry) => ({
      element: entry,
      top: entry.getBoundingClientRect().top,
    }));
  };

  /** Brings it back to where it stood. */
  const hold = () => {
    const element = scroller.current;
    if (!element) return;
    if (atEnd.value && wasScrolledUp(element, stood.current)) {
      scrolled();
    } else if (atEnd.value) {
      place(element, element.scrollHeight);
    } else {
      const anchor = anchors.current.find((one) => one.element.isConnected);
      if (anchor === undefined) return;
      const { top } = anchor.element.getBoundingClientRect();
      place(element, element.scrollTop + top - anchor.top);
    }
  };

  /** Asked with each entry that comes as well, for what came may have moved nothing. */
  const askNearBeginning = () => {
    const element = scroller.current;
    if (element && element.scrollTop < beginningTolerance && !atEnd.value) askOlder();
  };

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    const left = distanceToEnd(element);
    if (left >= 1 && performance.now() < glideEnds.current) {
      toEnd();
      return;
    }
    stood.current = element.scrollTop;
    atEnd.value = left <= endTolerance;
    look();
    askNearBeginning();
  };

  /** Whoever touches the list decides where it goes. */
  const touched = () => {
    glideEnds.current = 0;
  };

  useLayoutEffect(() => {
    hold();
    look();
    if (atEnd.value) newestRead.current = room.timeline.at(-1)?.id;
    askNearBeginning();
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
    touched,
    toEnd,
    atEnd: atEnd.value,
    /** What came since; all of it where the newest entry of then is gone. */
    news: () => {
      if (atEnd.value) return [];
      const read = room.timeline.findLastIndex(({ id }) => id === newestRead.current);
      return room.timeline.slice(read + 1).filter(isNews);
    },
  };
}

function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: Element): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** Whether somebody scrolled up since, of which the browser tells only with the next frame. A shorter list is no scroll. */
function wasScrolledUp(element: Element, stood: number): boolean {
  const furthest = element.scrollHeight - element.clientHeight;
  return element.scrollTop < Math.min(stood, furthest) - endTolerance;
}

/** The entry that stands at the top edge of what is seen, and some below it. Entries stand one below the other. */
function firstInView(scroller: Element): Element[] {
  const { top } = scroller.getBoundingClientRect();
  const entries = scroller.querySelectorAll("li");
  let [first, last] = [0, entries.length];
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    const bottom = entries[middle]?.getBoundingClientRect().bottom ?? 0;
    if (bottom <= top) first = middle + 1;
    else last = middle;
  }
  return [...entries].slice(first, first + anchorsMax);
}

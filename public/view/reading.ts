import { signal } from "@preact/signals";
import { createRef } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation.ts";
import { firstNew, type Room } from "../room.ts";
import { type Item, isNews } from "../timeline.ts";

/** This close to the end, in CSS pixels, counts as the end. */
const endTolerance = 48;
/** This close to the beginning, older messages are asked for. */
const beginningTolerance = 200;
/** A glide that gave no sign for so long, in milliseconds, is over. */
const glideRest = 250;
/** The first line that is new is shown this far below the upper edge, in CSS pixels: some of what was said before is seen. */
const landingTop = 96;
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
export function useReading({ room, newestLine, sought, askOlder }: ReadingOptions) {
  const { current: reading } = useRef(new Reading());
  reading.room = room;
  reading.askOlder = askOlder;
  const atEnd = reading.atEnd.value;

  useLayoutEffect(() => reading.drawn(), [room.timeline, newestLine, atEnd]);

  // Whoever says something wants to see it.
  useLayoutEffect(() => {
    if (newestLine !== undefined) reading.toEnd();
  }, [newestLine]);

  // Whoever comes for one line sees it.
  const line = sought.value?.room === room.name ? sought.value.id : undefined;
  useLayoutEffect(() => {
    if (line === undefined) return;
    reading.show(line);
    sought.value = undefined;
  }, [line, sought]);

  // What scrolls must be reachable by keyboard, in every browser.
  useLayoutEffect(() => {
    if (reading.scroller.current) reading.scroller.current.tabIndex = 0;
  }, []);

  // The keyboard on the screen, a growing composer, a line that unfolds.
  useEffect(() => {
    const follow = new ResizeObserver(() => reading.resized());
    for (const { current } of [reading.scroller, reading.content]) if (current) follow.observe(current);
    return () => follow.disconnect();
  }, []);

  return reading;
}

interface ReadingOptions {
  room: Room;
  /** The nonce of the line this person said last. */
  newestLine: string | undefined;
  /** The line that somebody wants to see, in this room or another, until they do. */
  sought: Conversation["sought"];
  askOlder: () => void;
}

/** One list and the place in it; its hook, which makes it, says when the list has changed. */
class Reading {
  readonly scroller = createRef<HTMLElement>();
  readonly content = createRef<HTMLDivElement>();
  readonly atEnd = signal(true);
  room: Room | undefined;
  askOlder: () => void = () => {};
  #anchors: readonly Anchor[] = [];
  /** The newest entry when this person was last at the end. */
  #newestRead: string | undefined;
  /** Where the list stood when it was last looked at or moved. */
  #stood = 0;
  /** Whether it is still to be found out where to begin to read: until all that was said before has come, or this person moves. */
  #isLanding = true;
  /** Until when a glide may still carry the list away from the end that was asked for. */
  #glideEndsMs = 0;

  /** What came since this person was at the end; all of it where the newest entry of then is gone. */
  news(): readonly Item[] {
    const timeline = this.room?.timeline ?? [];
    if (this.atEnd.value) return [];
    const read = timeline.findLastIndex(({ id }) => id === this.#newestRead);
    return timeline.slice(read + 1).filter(isNews);
  }

  /** Goes to the end and stays there, even if an earlier scroll still glides: a browser resumes it from where it is put. */
  readonly toEnd = () => {
    this.#isLanding = false;
    const element = this.scroller.current;
    if (element) this.#place(element, element.scrollHeight);
    this.atEnd.value = true;
    this.#glideEndsMs = performance.now() + glideRest;
  };

  /** Brings a line into the middle, and sets it off for a moment. One that is not there is not looked for. */
  show(id: string): void {
    const element = this.scroller.current;
    const line = element?.querySelector(`[data-line="${CSS.escape(id)}"]`);
    if (!element || !line) return;
    this.#isLanding = false;
    const [{ top, height }, place] = [line.getBoundingClientRect(), element.getBoundingClientRect()];
    this.#place(element, element.scrollTop + top - place.top - Math.max(0, (place.height - height) / 2));
    this.scrolled();
    line.classList.remove("sought");
    requestAnimationFrame(() => line.classList.add("sought"));
  }

  readonly scrolled = () => {
    const element = this.scroller.current;
    if (!element) return;
    const left = distanceToEnd(element);
    if (left >= 1 && performance.now() < this.#glideEndsMs) {
      this.toEnd();
      return;
    }
    this.#stood = element.scrollTop;
    this.atEnd.value = left <= endTolerance;
    this.#look();
    this.#askNearBeginning();
  };

  /** Whoever touches the list decides where it goes. */
  readonly touched = () => {
    this.#isLanding = false;
    this.#glideEndsMs = 0;
  };

  /** The list has other lines than before. */
  drawn(): void {
    this.#hold();
    if (this.#isLanding) this.#land();
    this.#look();
    if (this.atEnd.value) this.#newestRead = this.room?.timeline.at(-1)?.id;
    this.#askNearBeginning();
  }

  /** The list has another height, or its content has. */
  resized(): void {
    if (this.atEnd.value) this.#hold();
    else this.#look();
  }

  /** Begins to read at the first line that is new, where that is above what the end shows. */
  #land(): void {
    const [element, room] = [this.scroller.current, this.room];
    if (!element || room === undefined) return;
    this.#isLanding = room.stage.kind !== "in" || room.last < room.lastAtJoin;
    const mark = element.querySelector(".new-mark");
    if (mark === null || !this.atEnd.value) return;
    const above = element.getBoundingClientRect().top - mark.getBoundingClientRect().top;
    if (above < 0) return;
    this.#place(element, element.scrollTop - above - landingTop);
    this.atEnd.value = false;
    const first = room.timeline.findIndex(({ id }) => id === firstNew(room));
    this.#newestRead = room.timeline[first - 1]?.id;
    this.#isLanding = false;
  }

  /** Remembers what stands at the top. */
  #look(): void {
    const element = this.scroller.current;
    if (!element || this.atEnd.value) return;
    this.#anchors = firstInView(element).map((entry) => ({
      element: entry,
      top: entry.getBoundingClientRect().top,
    }));
  }

  /** Brings it back to where it stood. */
  #hold(): void {
    const element = this.scroller.current;
    if (!element) return;
    if (this.atEnd.value && wasScrolledUp(element, this.#stood)) {
      this.scrolled();
    } else if (this.atEnd.value) {
      this.#place(element, element.scrollHeight);
    } else {
      const anchor = this.#anchors.find((one) => one.element.isConnected);
      if (anchor === undefined) return;
      const { top } = anchor.element.getBoundingClientRect();
      this.#place(element, element.scrollTop + top - anchor.top);
    }
  }

  /** Asked with each entry that comes as well, for what came may have moved nothing. */
  #askNearBeginning(): void {
    const element = this.scroller.current;
    if (element && element.scrollTop < beginningTolerance && !this.atEnd.value) this.askOlder();
  }

  #place(element: HTMLElement, top: number): void {
    element.scrollTop = top;
    this.#stood = element.scrollTop;
  }
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

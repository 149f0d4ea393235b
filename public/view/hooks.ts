import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** The time, in ms since the Unix epoch, renewed about every second while `running`. */
export function useTicking(now: () => number, running: boolean): number {
  const time = useSignal(now());
  useEffect(() => {
    time.value = now();
    if (!running) return;
    const interval = setInterval(() => {
      time.value = now();
    }, 500);
    return () => clearInterval(interval);
  }, [running, now, time]);
  return time.value;
}

/** For an element that goes by itself: where the focus goes when it is on it then. Without an heir it would be nowhere. */
export function useHeir<Target extends HTMLElement>(heir: () => void): RefObject<Target | null> {
  const element = useRef<Target>(null);
  const newest = useRef(heir);
  newest.current = heir;
  useLayoutEffect(
    () => () => {
      if (element.current?.contains(document.activeElement)) newest.current();
    },
    [],
  );
  return element;
}

/** Whether typing means touching a keyboard on the screen. */
export function onTouchScreen(): boolean {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}

/** Whether a media query holds, as it changes. */
export function useMedia(query: string): boolean {
  const matches = useSignal(matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => {
      matches.value = list.matches;
    };
    list.addEventListener("change", changed);
    return () => list.removeEventListener("change", changed);
  }, [query, matches]);
  return matches.value;
}

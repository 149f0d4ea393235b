import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bounds } from "../bounds.ts";
import { dayKey, untilMidnight } from "../times.ts";

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

/** Which day it is, and in which zone: another text when either changes, and soon after a sleep in which no timer runs. */
export function useToday(): string {
  const today = useSignal(dayKey(Date.now()));
  useEffect(() => {
    let timeout: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const now = Date.now();
      today.value = dayKey(now);
      clearTimeout(timeout);
      timeout = setTimeout(look, Math.min(untilMidnight(now), bounds.dayLookedAtEveryMs));
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timeout);
      document.removeEventListener("visibilitychange", look);
    };
  }, [today]);
  return today.value;
}

/** Whether the page is being printed, when nothing is folded. */
export const isPrinting = signal(false);

/** Whether typing means touching a keyboard on the screen, unless there is another one. */
export function onTouchScreen(): boolean {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}

/**
 * Whether a key was pressed on a keyboard that one can hold. Those on the screen have no place for a key (Android), or take a part
 * of the page while they are there (iOS).
 */
export function isPhysical({ code }: KeyboardEvent): boolean {
  if (!onTouchScreen()) return true;
  const view = globalThis.visualViewport;
  const covered = view === null ? 0 : innerHeight - view.height * view.scale;
  return code !== "" && code !== "Unidentified" && covered < keyboardHeightMin;
}

/** In CSS pixels: what covers less of the page is a bar of suggestions. */
const keyboardHeightMin = 120;

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

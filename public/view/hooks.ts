import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

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

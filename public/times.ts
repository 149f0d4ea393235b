import { words } from "./words.ts";

const clock = new Intl.DateTimeFormat(words.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(words.locale, { weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(words.locale, {
  dateStyle: "full",
  timeStyle: "medium",
  hourCycle: "h23",
});

/** "14:05" */
export function clockTime(at: number): string {
  return clock.format(at);
}

/** "Sunday, 22 November 2026 at 14:05:09" */
export function fullTime(at: number): string {
  return full.format(at);
}

/** "Today", "Yesterday", or "Friday, 20 November". */
export function dayName(at: number, now: number): string {
  const date = new Date(at).toDateString();
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (date === new Date(now).toDateString()) return words.chat.today;
  if (date === yesterday.toDateString()) return words.chat.yesterday;
  return day.format(at);
}

/** "40 s", "3 min", "2 h 5 min" */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${Math.max(1, seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Whole seconds until `until`, at least 0. */
export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

import { words } from "./words.ts";

/** Made when the language is chosen; it is costly, and there are a thousand times on a page. */
let formats: ReturnType<typeof makeFormats> | undefined;

function inWords(): ReturnType<typeof makeFormats> {
  if (formats?.locale !== words.locale) formats = makeFormats(words.locale);
  return formats;
}

function makeFormats(locale: string) {
  return {
    locale,
    clock: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    day: new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" }),
  };
}

/** "14:05" */
export function clockTime(at: number): string {
  return inWords().clock.format(at);
}

/** "Sunday, 22 November 2026 at 14:05:09" */
export function fullTime(at: number): string {
  return inWords().full.format(at);
}

/** "Today", "Yesterday", or "Friday, 20 November". */
export function dayName(at: number, now: number): string {
  const date = new Date(at).toDateString();
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (date === new Date(now).toDateString()) return words.chat.today;
  if (date === yesterday.toDateString()) return words.chat.yesterday;
  return inWords().day.format(at);
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

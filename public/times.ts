import { words } from "./words.ts";

/** Made when the language is chosen; it is costly, and there are a thousand times on a page. */
let formats: ReturnType<typeof makeFormats> | undefined;

function inWords(): ReturnType<typeof makeFormats> {
  if (formats?.locale !== words.locale || formats.zone !== zone()) {
    formats = makeFormats(words.locale, zone());
  }
  return formats;
}

/** Minutes from where this person is to UTC: they change on a journey, and with the seasons. */
function zone(): number {
  return new Date().getTimezoneOffset();
}

function makeFormats(locale: string, zone: number) {
  return {
    locale,
    zone,
    clock: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    day: new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }),
    dayOfYear: new Intl.DateTimeFormat(locale, { dateStyle: "full" }),
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

/** "2026-11-22", where this person is. */
export function localDate(at: number): string {
  const date = new Date(at);
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}

/** "Today", "Yesterday", or "Friday, 20 November"; with the year where it is another one. */
export function dayName(at: number, now: number): string {
  const date = localDate(at);
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (date === localDate(now)) return words.chat.today;
  if (date === localDate(yesterday.getTime())) return words.chat.yesterday;
  const { day, dayOfYear } = inWords();
  return (date.slice(0, 4) === localDate(now).slice(0, 4) ? day : dayOfYear).format(at);
}

/** Another text for each day and each zone that this person is in. */
export function dayKey(now: number): string {
  return `${localDate(now)} ${new Date(now).getTimezoneOffset()}`;
}

/** ms until the next day begins where this person is: 23 to 25 hours at most, for some days are shorter. */
export function untilMidnight(now: number): number {
  // Where clocks are put forward at midnight, the day begins at one.
  return new Date(now).setHours(24, 0, 0, 0) - now;
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

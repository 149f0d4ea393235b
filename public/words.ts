import { browserStore } from "./browser-store.ts";
import { chooseLanguage } from "./languages.ts";

/** Everything the page says, in this person's language. Another one takes a reload. */
export const words = chooseLanguage(
  browserStore.read("language"),
  typeof navigator === "undefined" ? [] : navigator.languages,
);

/** A server's reason ("the server restarts") as a sentence ("The server restarts."). */
export function sentence(reason: string): string {
  const text = reason.trim();
  if (text === "") return "";
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

const numbers = new Intl.NumberFormat(words.locale);

/** 65536 as "65,536". */
export function grouped(number: number): string {
  return numbers.format(number);
}

/** "Ada, Bo and 3 others" */
export function listed(names: readonly string[], more = 0): string {
  const all = more === 0 ? names : [...names, words.chat.others(more)];
  return lists.format(all);
}

const lists = new Intl.ListFormat(words.locale);

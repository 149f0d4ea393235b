import type { goodbyes } from "../src/protocol/close.ts";
import type { EntryCode, RefusalCode, RejectionCode } from "../src/protocol/v2.ts";
import { english, type Words } from "./words.en.ts";

/** Everything the page says, in this person's language. */
export let words: Words = english;

/** Chooses the language; once, before anything is shown. Another one takes a reload. */
export function speak(language: Words): void {
  words = language;
}

/** What the server says something about: the code of a message, or of a close. */
export type Saying =
  | RefusalCode
  | RejectionCode
  | EntryCode
  | (typeof goodbyes)[keyof typeof goodbyes]["code"];

/** What the server says, in this person's language; what there are no words for stays as the server says it. */
export function translated(about: Saying | number, text: string): string {
  return words.server[about] ?? text;
}

/** A server's reason ("the server restarts") as a sentence ("The server restarts."). */
export function sentence(reason: string): string {
  const text = reason.trim();
  if (text === "") return "";
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

/** 65536 as "65,536". */
export function grouped(number: number): string {
  return new Intl.NumberFormat(words.locale).format(number);
}

/**
 * A name within a sentence, which has a direction of its own: `Sentence` draws it as such, and where there are only characters
 * the isolates around it do the same.
 */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** "Ada, Bo and 3 others" */
export function listed(names: readonly string[], more = 0): string {
  const isolates = names.map(isolated);
  const all = more === 0 ? isolates : [...isolates, words.chat.others(more)];
  return new Intl.ListFormat(words.locale).format(all);
}

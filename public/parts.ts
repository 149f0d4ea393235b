import { tokenize } from "linkifyjs";
import { mentionWord, placesOf } from "./mentions.ts";

/** A piece of a text, by how it is shown. */
export type Part =
  | { kind: "text" | "code"; text: string }
  | { kind: "link"; text: string; href: string }
  /** `@name`; `own` is the reader's. */
  | { kind: "mention"; text: string; own: boolean };

/** Finds addresses, `code` and mentions in a text. The texts of the parts, joined, are the whole text. */
export function partsOf(text: string, reader: string): Part[] {
  const parts: Part[] = [];
  let plainFrom = 0;
  for (const { index, 0: code } of text.matchAll(codeSpan)) {
    parts.push(...linksOf(text.slice(plainFrom, index), reader), { kind: "code", text: code });
    plainFrom = index + code.length;
  }
  parts.push(...linksOf(text.slice(plainFrom), reader));
  return parts;
}

/** In one line, between single backticks. */
export const codeSpan = /(?<!`)`(?!`)[^`\n]+`(?!`)/g;

const safeProtocols = ["http:", "https:", "mailto:"];

function linksOf(text: string, reader: string): Part[] {
  const parts: Part[] = [];
  let plain = "";
  for (const token of tokenize(text)) {
    const href = token.isLink ? safeHref(token.toHref("https")) : undefined;
    if (href === undefined) {
      plain += token.toString();
      continue;
    }
    parts.push(...mentionsOf(plain, reader));
    plain = "";
    parts.push({ kind: "link", text: token.toString(), href });
  }
  parts.push(...mentionsOf(plain, reader));
  return parts;
}

function mentionsOf(text: string, reader: string): Part[] {
  if (!text.includes("@")) return text === "" ? [] : [{ kind: "text", text }];
  const own = placesOf(text, reader).map((place) => ({ ...place, own: true }));
  const others = [...text.matchAll(mentionWord)]
    .map(({ index, 0: word }) => ({ start: index, end: index + word.length, own: false }))
    .filter(({ start, end }) => own.every((place) => end <= place.start || start >= place.end));
  const parts: Part[] = [];
  let plainFrom = 0;
  for (const { start, end, own: isOwn } of [...own, ...others].sort((a, b) => a.start - b.start)) {
    if (start > plainFrom) parts.push({ kind: "text", text: text.slice(plainFrom, start) });
    parts.push({ kind: "mention", text: text.slice(start, end), own: isOwn });
    plainFrom = end;
  }
  if (plainFrom < text.length) parts.push({ kind: "text", text: text.slice(plainFrom) });
  return parts;
}

function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return safeProtocols.includes(url.protocol) ? url.href : undefined;
}

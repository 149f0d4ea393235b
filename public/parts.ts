import { emojiOf } from "./emoji.ts";
import { linksIn } from "./links.ts";
import { mentionWord, placesOf } from "./mentions.ts";

/** A piece of a text, by how it is shown. */
export type Part =
  | { kind: "text" | "code"; text: string }
  | { kind: "link"; text: string; href: string }
  /** A short code, which stays one in the text: `:tada:`. */
  | { kind: "emoji"; text: string; emoji: string }
  /** `@name`; `own` is the reader's. */
  | { kind: "mention"; text: string; own: boolean };

/** Finds addresses, `code`, mentions and short codes in a text. The texts of the parts, joined, are the whole text. */
export function partsOf(text: string, reader: string): Part[] {
  const parts: Part[] = [];
  let plainFrom = 0;
  for (const { index, 0: found, 1: name } of text.matchAll(codeOrShortCode)) {
    const emoji = emojiOf(name ?? "");
    if (name !== undefined && emoji === undefined) continue;
    addLinks(parts, text.slice(plainFrom, index), reader);
    parts.push(emoji === undefined ? { kind: "code", text: found } : { kind: "emoji", text: found, emoji });
    plainFrom = index + found.length;
  }
  addLinks(parts, text.slice(plainFrom), reader);
  return parts;
}

/** A text in words alone, for where there is nothing but words: short codes are the emoji that they stand for. */
export function wordsOf(text: string): string {
  return partsOf(text, "")
    .map((part) => (part.kind === "emoji" ? part.emoji : part.text))
    .join("");
}

/** Code: in one line, between single backticks. A short code: between spaces, or at an edge of the text or a line. */
const codeOrShortCode = /(?<!`)`(?!`)[^`\n]+`(?!`)|(?<!\S):([a-z0-9_+-]+):(?!\S)/g;

function addLinks(parts: Part[], text: string, reader: string): void {
  let plain = "";
  for (const piece of linksIn(text)) {
    if (piece.kind === "text") {
      plain += piece.text;
      continue;
    }
    parts.push(...mentionsOf(plain, reader), piece);
    plain = "";
  }
  parts.push(...mentionsOf(plain, reader));
}

function mentionsOf(text: string, reader: string): Part[] {
  if (!/[@＠﹫]/.test(text)) return text === "" ? [] : [{ kind: "text", text }];
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

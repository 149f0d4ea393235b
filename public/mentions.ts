import { unspaced } from "./links.ts";

/** A word that names somebody: "@Ada". */
export const mentionWord = new RegExp(
  `(?<!(?![${unspaced}])[\\p{L}\\p{N}@._-])[@＠﹫][\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}\\u200c\\u200d._'’-]*(?<![._'’-])`,
  "gu",
);

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a text says `@name`, as people read it: in any case, composed or not, with or without invisible joiners. `name` may have
 * spaces in it. It ends where a word does; in scripts without spaces, and in Korean, the next word may follow at once.
 */
export function placesOf(text: string, name: string): Span[] {
  const wanted = folded(name);
  if (wanted === "") return [];
  const places: Span[] = [];
  for (const { index: start, 0: at } of text.matchAll(atSign)) {
    const end = endOf(text, start + at.length, wanted);
    if (end !== undefined && !inWord.test(characterAt(text, end))) places.push({ start, end });
  }
  return places;
}

export function mentions(text: string, name: string): boolean {
  return placesOf(text, name).length > 0;
}

/** What is being typed at the caret as a mention: "Hello @bj|" asks for names with "bj". */
export function mentionAt(text: string, caret: number): { start: number; typed: string } | undefined {
  const match = beingTyped.exec(text.slice(Math.max(0, caret - typedMax), caret));
  if (match === null) return undefined;
  return { start: match.index + Math.max(0, caret - typedMax), typed: match[1] ?? "" };
}

/** The names that fit what is typed, those that begin with it first. */
export function fitting(names: readonly string[], typed: string): string[] {
  const wanted = folded(typed);
  const rank = (name: string) => {
    const plain = folded(name);
    if (plain.startsWith(wanted)) return 0;
    return plain.split(/[ ._-]/).some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return names
    .map((name) => ({ name, rank: rank(name) }))
    .filter((found) => found.rank < 2)
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .slice(0, 6)
    .map(({ name }) => name);
}

/** Whether two people would read them as one name. */
export function isSameName(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

/** In what names are compared by: one case, decomposed, wide letters as others, nothing that cannot be seen. */
function folded(text: string): string {
  return text
    .normalize("NFKD")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKD")
    .replace(invisible, "")
    .replaceAll("ς", "σ");
}

/** Where `wanted`, which is folded, ends in the text, if it begins at `start` and ends with a whole letter. */
function endOf(text: string, start: number, wanted: string): number | undefined {
  let end = start;
  let left = wanted;
  letter.lastIndex = start;
  while (left !== "") {
    const [found = ""] = letter.exec(text) ?? [];
    const plain = folded(found);
    if (found === "" || !left.startsWith(plain)) return undefined;
    left = left.slice(plain.length);
    end += found.length;
  }
  return end;
}

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(...[text.codePointAt(index)].filter((codePoint) => codePoint !== undefined));
}

const invisible = /\p{Default_Ignorable_Code_Point}/gu;
/** A letter with the marks on it. */
const letter = /\P{M}?[\p{M}\p{Default_Ignorable_Code_Point}]*/uy;
/** Not where a mail address has it. */
const atSign = new RegExp(`(?<!(?![${unspaced}])[\\p{L}\\p{N}_])[@＠﹫]`, "gu");
const inWord = new RegExp(`(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_]`, "u");
const beingTyped = new RegExp(
  `(?<!(?![${unspaced}])[\\p{L}\\p{N}])[@＠﹫]([\\p{L}\\p{M}\\p{N}\\u200c\\u200d._'’-]*)$`,
  "u",
);
/** Characters before the caret that are looked at: no name is longer. */
const typedMax = 256;

/** Who somebody is: a person, and the name they go by, with the key under which look-alikes of it are the same name. */
import unhomoglyph from "unhomoglyph";
import { limits } from "../limits.ts";
import { BOT_NAME } from "../protocol/v1.ts";
import { hasLooseMark, mixesScripts, shown } from "./unicode.ts";

/** What names are compared by. Equal for names that differ in case, width or look-alike letters only. */
export type NameKey = string & { readonly brand: "NameKey" };

/** Stands for the mail address that proved itself; a keyed hash, so that the chat never sees the address. */
export type EmailHash = string & { readonly brand: "EmailHash" };

/** Stands for a person, made when an address first proves itself and never given again. All that somebody has or may hangs on it. */
export type PersonId = string & { readonly brand: "PersonId" };

/** A name that can be somebody's: a label, worth nothing by itself. */
export interface Name {
  /** As people see it. */
  readonly name: string;
  readonly key: NameKey;
}

/** Who has said something, under the name they had then. */
export interface Author {
  readonly id: PersonId;
  readonly name: string;
}

/** A person under one of their names. */
export interface User extends Author, Name {}

/** A name and the address that goes with it: what a login code proves and a session token repeats. */
export interface Identity {
  readonly name: Name;
  readonly emailHash: EmailHash;
}

export type ParsedName =
  | { kind: "name"; name: Name }
  /** `problem` is a sentence for people: what is wrong and what is allowed. */
  | { kind: "refused"; code: NameProblem; problem: string };

export type NameProblem = "empty" | "too-long" | "character" | "mark" | "no-letter" | "scripts" | "reserved";

/**
 * Normalises a name (NFKC, single spaces, trimmed) and checks it against the rules. Never throws.
 *
 * Names are letters, marks, digits, single spaces and `. _ - '`. No emoji: which of two similar ones
 * somebody carries is hard to tell at the size of a name, and they are as free as ever in the chat.
 */
export function parseName(raw: string): ParsedName {
  // Only spaces shrink this much: it bounds the work, not the names.
  if (raw.length > 4 * limits.nameBytesMax) return refused("too-long", tooLong);
  const name = raw.normalize("NFKC").replace(/ +/g, " ").trim();

  if (name === "") return refused("empty", "a name is missing; type one with letters or digits");
  if (Buffer.byteLength(name) > limits.nameBytesMax) return refused("too-long", tooLong);
  const stranger = notAllowed.exec(name)?.[0];
  if (stranger !== undefined) return refused("character", `${shown(stranger)} is not allowed; ${allowed}`);
  if (hasLooseMark(name)) return refused("mark", "an accent without a letter, or over 4 on one letter");
  if (!/[\p{L}\p{Nd}]/u.test(name)) return refused("no-letter", "a name needs a letter or a digit");
  if (mixesScripts(name)) {
    return refused("scripts", "the name mixes scripts that look alike; use the letters of one language");
  }
  const key = keyOf(name);
  if (bare(key) === bareBot) return refused("reserved", `it looks like ${BOT_NAME}; choose another name`);
  return { kind: "name", name: { name, key } };
}

const tooLong = `the name is too long; at most ${limits.nameBytesMax} bytes, about as many Latin letters`;
const allowed = "names are made of letters, digits, spaces and . _ - '";

/** Default-ignorable code points are invisible, and some of them are letters (U+115F). */
const notAllowed = /(?:[^\p{L}\p{Mn}\p{Mc}\p{Nd} ._'’-]|\p{Default_Ignorable_Code_Point})/u;

/** The skeleton of a name as in UTS #39, made of what each letter looks like in either case. */
function keyOf(name: string): NameKey {
  // Twice, for there are letters that look like one that looks like another: "ჳ" like "ȝ", and that like "3".
  const letters = looksOf(looksOf(name)).normalize("NFKD");
  // A capital i is a small l, and case does not count: so neither does i or l.
  return letters.replace(/i\u0307?/g, "l") as NameKey;
}

function looksOf(letters: string): string {
  const look = (letter: string) => asciiLooks[letter.charCodeAt(0)] ?? lookOf(letter);
  return Array.from(letters.normalize("NFKD"), look).join("");
}

/** Most names are made of these, and looking them up anew took an eighth of what a login costs. */
const asciiLooks = Array.from({ length: 128 }, (_, code) => lookOf(String.fromCharCode(code)));

/** "в" looks like no Latin letter, but "В" does: the capital decides where the small letter does not. */
function lookOf(letter: string): string {
  const capital = letter.toUpperCase();
  const small = skeleton(capital.toLowerCase());
  const alternative = skeleton(capital);
  return !isAscii(small) && isAscii(alternative) ? alternative : small;
}

function skeleton(letters: string): string {
  return unhomoglyph(unhomoglyph(letters).toLowerCase());
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

const bareBot = bare(keyOf(BOT_NAME));

/** Stricter than for people: separators and accents do not make another bot. */
function bare(key: NameKey): string {
  return key.replace(/[^\p{L}\p{Nd}]/gu, "");
}

function refused(code: NameProblem, problem: string): ParsedName {
  return { kind: "refused", code, problem };
}

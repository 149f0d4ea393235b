/** Who somebody is: a person, and the name they go by, with the key under which look-alikes of it are the same name. */
import { limits } from "../limits.ts";
import { BOT_NAME } from "../protocol/v1.ts";
import { mixesScripts } from "./scripts.ts";
import { hasLooseMark, shown, skeletonOf, withoutJoiners } from "./unicode.ts";

/** What names are compared by: the name's skeleton. Equal for names that look alike. */
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
 * Names are letters, marks, digits, single spaces and `. _ - '`, and what CLDR has in words of one language: `·` and `・` between
 * letters, the Hebrew geresh, the Tibetan tsheg, joiners where they are of the spelling. No emoji: a name has to be typed to
 * mention somebody, is read out with each line, and two similar emoji are hard to tell at its size.
 */
export function parseName(raw: string): ParsedName {
  // Only spaces shrink this much: it bounds the work, not the names.
  if (raw.length > 4 * limits.nameBytesMax) return refused("too-long", tooLong);
  const name = raw.normalize("NFKC").replace(/ +/g, " ").trim();

  if (name === "") return refused("empty", "a name is missing; type one with letters or digits");
  if (Buffer.byteLength(name) > limits.nameBytesMax) return refused("too-long", tooLong);
  const bare = withoutJoiners(name);
  const stranger = notAllowed.exec(bare)?.[0];
  if (stranger !== undefined) return refused("character", `${shown(stranger)} is not allowed; ${allowed}`);
  if (hasLooseMark(bare)) return refused("mark", "an accent without a letter, or over 4 on one letter");
  const key = skeletonOf(name) as NameKey;
  if (!/[\p{L}\p{Nd}]/u.test(name) || key === "") {
    return refused("no-letter", "a name needs a letter or a digit");
  }
  if (mixesScripts(name)) {
    return refused("scripts", "the name mixes scripts that look alike; use the letters of one language");
  }
  if (looksLikeBot(name)) return refused("reserved", `it looks like ${BOT_NAME}; choose another name`);
  return { kind: "name", name: { name, key } };
}

const tooLong = `the name is too long; at most ${limits.nameBytesMax} bytes, about as many Latin letters`;
const allowed = "names are made of letters, digits, spaces and . _ - '; emoji are for what you say";

/** Default-ignorable code points are invisible, and some of them are letters (U+115F). */
const notAllowed = new RegExp(
  "[^\\p{L}\\p{Mn}\\p{Mc}\\p{Nd} ._'’·・׳״་-]|\\p{Default_Ignorable_Code_Point}" +
    "|(?<![\\p{L}\\p{M}])[·・]|[·・](?!\\p{L})" +
    "|(?<!\\p{Script=Hebrew})[׳״]|(?<!\\p{Script=Tibetan})་",
  "u",
);

/** Stricter than for people: separators, accents, and digits around it do not make another bot. */
function looksLikeBot(name: string): boolean {
  return bare(name.replace(digitsAround, "")) === bareBot;
}

/** Everything but letters at either end, and the letters that look like digits. */
const digitsAround = /^(?:\P{L}|[iIlLoO])+|(?:\P{L}|[iIlLoO])+$/gu;

const bareBot = bare(BOT_NAME);

function bare(name: string): string {
  return skeletonOf(name).replace(/[^\p{L}\p{Nd}]/gu, "");
}

function refused(code: NameProblem, problem: string): ParsedName {
  return { kind: "refused", code, problem };
}

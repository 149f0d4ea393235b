import { strangerIn } from "../src/protocol/mail-address.ts";
import { isVisible } from "../src/protocol/visible.ts";
import { bounds, byteLength } from "./bounds.ts";
import { words } from "./words.ts";

/** What is wrong with a field, as a sentence. */
export interface Problem {
  field: "name" | "email";
  text: string;
}

/** Checks what can be checked here; the server has the last word. */
export function checkJoin(name: string, email: string): Problem | undefined {
  if (name === "") return { field: "name", text: words.join.nameMissing };
  if (byteLength(name) > bounds.nameBytesMax) return { field: "name", text: words.join.nameLong };
  const stranger = strangerIn(email);
  if (stranger !== undefined) return { field: "email", text: words.join.emailCharacter(stranger) };
  if (!/^\S+@\S+$/.test(email)) return { field: "email", text: words.join.emailWrong };
  if (byteLength(email) > bounds.emailBytesMax) return { field: "email", text: words.join.emailLong };
  return undefined;
}

/** What is wrong with a room's name, as a sentence. Refuses nothing that the server takes; the server has the last word. */
export function checkRoomName(name: string): string | undefined {
  if (name === "") return words.rooms.nameMissing;
  const stranger = noRoomCharacter.exec(name)?.[0];
  if (stranger !== undefined) return words.rooms.nameCharacter(shown(stranger));
  if (!/^[\p{L}\p{Nd}]/u.test(name)) return words.rooms.nameBegins;
  if (name.length > bounds.roomNameCharacters) return words.rooms.nameLong(bounds.roomNameCharacters);
  return undefined;
}

/** Joiners are part of some languages' spelling: the server knows where. */
const noRoomCharacter =
  /(?![\u200c\u200d])(?:[^\p{L}\p{Mn}\p{Mc}\p{Nd}_-]|\p{Default_Ignorable_Code_Point})/u;

/** A character, or its number where it can't be seen. */
function shown(character: string): string {
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return isVisible(character) ? character : `U+${number}`;
}

/**
 * The code in what a person typed or pasted: the code alone in any shape, the mail around it, or the mail's link. `undefined`
 * where there is none, or more than one that it could be: a guess would cost one of few tries.
 */
export function findCode(pasted: string): string | undefined {
  const text = pasted.normalize("NFKC").replace(invisible, "");
  const link = /[#?&]code=([^\s&#]+)/i.exec(text)?.[1];
  if (link !== undefined) return asCode(link);
  const alone = asCode(text);
  if (alone !== undefined) return alone;
  const words = text.split("\n").flatMap(codesIn);
  for (const isSure of [isAloneInLine, hasCapitalsAndDigit, hasCapitals, hasDigit]) {
    const codes = new Set(words.filter(isSure).flatMap(({ word }) => asCode(word) ?? []));
    if (codes.size > 0) return codes.size === 1 ? [...codes][0] : undefined;
  }
  return undefined;
}

/** What is typed of a code so far, as it is shown: "ab 12-" is "AB12". */
export function cleanCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toUpperCase();
}

function asCode(text: string): string | undefined {
  const code = cleanCode(text);
  return onlySymbols.test(code) ? code : undefined;
}

/** Crockford's 32, and what the server reads as one of them: I, L and O. */
const symbol = "[0-9A-TV-Z]";
const onlySymbols = new RegExp(`^${symbol}{${bounds.codeCharacters}}$`);
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** A word that may be a code, in one piece or in halves, and the line that it was found in. */
interface CodeWord {
  readonly word: string;
  readonly line: string;
}

function codesIn(line: string): CodeWord[] {
  return [...line.matchAll(codeWord)].map(([word]) => ({ word, line }));
}

const codeWord =
  /(?<![\p{L}\p{N}_])(?:[\p{L}\p{N}]{6}|[\p{L}\p{N}]{3}[-\p{Zs}][\p{L}\p{N}]{3})(?![\p{L}\p{N}_])/gu;

/** What tells a code from a word, the surest sign first: mails have codes in a line of their own, in capitals and digits. */
const isAloneInLine = ({ word, line }: CodeWord) =>
  isInCapitals(word) && line.replace(/[^\p{L}\p{N}]/gu, "") === word.replace(/[^\p{L}\p{N}]/gu, "");
const hasCapitalsAndDigit = ({ word }: CodeWord) => isInCapitals(word) && /\d/.test(word);
const hasCapitals = ({ word }: CodeWord) => isInCapitals(word);
const hasDigit = ({ word }: CodeWord) => /\d/.test(word);

function isInCapitals(word: string): boolean {
  return word === word.toUpperCase();
}

/** A line as it is sent: no blank lines around it, no control characters, no half characters. */
export function cleanLine(typed: string): string {
  return typed
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])\p{Cc}/gu, "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(/^(?:[^\S\n]*\n)+/, "")
    .trimEnd();
}

/**
 * What people paste as a mail address, on the page and on the server. It is cleaned where what is left is what they see; of the
 * rest it is told which character it is. Imports nothing.
 */

/** A character that a mail address cannot have. */
export interface Stranger {
  /** `U+202E`. */
  readonly codePoint: string;
  /** The character, where it can be seen. */
  readonly visible: string | undefined;
  readonly kind: "space" | "control" | "direction" | "invisible" | "other";
}

/**
 * The address in what was typed or pasted: without the name before it (`Ann Doe <ann@example.com>`), `mailto:`, what is around it,
 * and what cannot be seen; with full-width letters and signs as they are usually written. Cleaning what is clean changes nothing.
 */
export function cleanMailAddress(typed: string): string {
  const usual = typed
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[\u3002\uff61\ufe52]/g, ".")
    .replace(/\ufe6b/g, "@");
  const bare = usual.replace(around, "").replace(/[,;.]$/, "");
  const inBrackets = /^[^<>@\p{Cc}]*<([^<>]*)>$/u.exec(bare)?.[1] ?? bare;
  return inBrackets
    .replace(/^\s*mailto:/i, "")
    .replace(around, "")
    .replace(unseen, "");
}

/** The first character that no address has; undefined where it is something else that is wrong, such as two addresses. */
export function strangerIn(address: string): Stranger | undefined {
  if (address.split("@").length > 2) return undefined;
  const character = /[^!-~\p{L}\p{M}\p{Nd}]|[\p{Default_Ignorable_Code_Point}"(),:;<>[\\\]]/u.exec(
    address,
  )?.[0];
  if (character === undefined) return undefined;
  const codePoint = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  const kind = kindOf(character);
  return { codePoint, kind, visible: kind === "other" ? character : undefined };
}

function kindOf(character: string): Stranger["kind"] {
  if (/[\p{Bidi_Control}]/u.test(character)) return "direction";
  if (/\p{Default_Ignorable_Code_Point}|\p{Cf}/u.test(character)) return "invisible";
  if (/[\s\p{Z}]/u.test(character)) return "space";
  return /[\p{C}]/u.test(character) ? "control" : "other";
}

/** At either end nothing that cannot be seen means anything, marks of direction included. */
const around =
  /^(?:[\s\p{Z}\p{Default_Ignorable_Code_Point}\p{Cf}])+|(?:[\s\p{Z}\p{Default_Ignorable_Code_Point}\p{Cf}])+$/gu;

/**
 * Without them the address looks the same. Not so marks of direction, which move what is around them; and a joiner is of the
 * spelling, but beside a letter of ASCII.
 */
const unseen =
  /[\u00ad\u180e\u200b\u2060\ufeff]|\p{Variation_Selector}|(?<=[!-~])[\u200c\u200d]|[\u200c\u200d](?=[!-~])/gu;

/** What it is called in English, by the server and by the page. */
export const strangers: Record<Stranger["kind"], string> = {
  space: "a space",
  control: "a control character",
  direction: "an invisible mark that turns the direction of what is written",
  invisible: "an invisible character",
  other: "this character",
};

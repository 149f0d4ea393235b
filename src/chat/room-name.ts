import { limits } from "../limits.ts";
import { mixesScripts } from "../people/scripts.ts";
import { hasLooseMark, shown, withoutJoiners } from "../people/unicode.ts";

export type ParsedRoomName =
  | { kind: "room"; name: string }
  /** `problem` is a sentence for people: what is wrong and what is allowed. */
  | { kind: "refused"; problem: string };

/**
 * Normalises a room's name (NFKC, lower case, trimmed) and checks it against the rules: letters and digits of one script,
 * `-` and `_`, a letter or digit first. Never throws. A name that it gives is one it takes, and gives again.
 */
export function parseRoomName(raw: string): ParsedRoomName {
  // Only spaces and accents shrink this much: it bounds the work, not the names.
  if (raw.length > 4 * limits.roomNameCharacters) return refused(tooLong);
  // Again at the end, for a small letter may be a letter and an accent.
  const name = raw.normalize("NFKC").trim().toLowerCase().normalize("NFKC");

  if (name === "") return refused("a room's name is missing; type one with letters or digits");
  if (name.length > limits.roomNameCharacters) return refused(tooLong);
  const bare = withoutJoiners(name);
  const stranger = notAllowed.exec(bare)?.[0];
  if (stranger !== undefined) return refused(`${shown(stranger)} is not allowed; ${allowed}`);
  if (!/^[\p{L}\p{Nd}]/u.test(name)) return refused("a room's name begins with a letter or a digit");
  if (hasLooseMark(bare)) return refused("an accent without a letter, or over 4 on one letter");
  if (mixesScripts(name)) {
    return refused("the room's name mixes scripts that look alike; use the letters of one language");
  }
  return { kind: "room", name };
}

const tooLong = `the room's name is too long; at most ${limits.roomNameCharacters} characters`;
const allowed = "rooms' names are made of letters, digits, - and _";

/** Default-ignorable code points are invisible, and some of them are letters (U+115F). */
const notAllowed = /(?:[^\p{L}\p{Mn}\p{Mc}\p{Nd}_-]|\p{Default_Ignorable_Code_Point})/u;

function refused(problem: string): ParsedRoomName {
  return { kind: "refused", problem };
}

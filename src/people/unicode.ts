/** What names of people and of rooms have in common: the letters they are made of, and which go together. */

/** UTS #39, 5.4: no stacks of marks; and none that would dangle from a space. */
const looseMark = /(?:(?<![\p{L}\p{Nd}\p{M}])\p{M}|\p{M}{5})/u;

/** UTS #39, "highly restrictive": one script, or the ones that are written together. */
const scripts = [
  "Latin Hiragana Katakana Han",
  "Latin Hangul Han",
  "Latin Bopomofo Han",
  ..."Cyrillic Greek Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi".split(" "),
  ..."Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan".split(" "),
].map((together) => {
  const names = `${together} Common Inherited`.split(" ");
  const classes = names.map((name) => `\\p{Script_Extensions=${name}}`);
  return new RegExp(`^[${classes.join("")}]*$`, "u");
});

/** Whether an accent has no letter, or a letter more than 4. */
export function hasLooseMark(name: string): boolean {
  return looseMark.test(name);
}

/** Whether its letters are of scripts that are not written together, and so may look alike. */
export function mixesScripts(name: string): boolean {
  return !scripts.some((script) => script.test(name));
}

/** A character that people can look up, though it may be invisible. */
export function shown(character: string): string {
  if (/[\p{P}\p{S}]/u.test(character)) return `"${character}"`;
  const codePoint = character.codePointAt(0) ?? 0;
  return `the character U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** What names of people and of rooms have in common: the letters they are made of, which go together, and what they look like. */
import unhomoglyph from "unhomoglyph";

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

/**
 * What a name looks like: the skeleton of UTS #39, made of what each letter looks like in either case. Names with the same
 * skeleton are one name. Empty where nothing is left that tells it from another name.
 *
 * Beyond UTS #39: small capitals and the digits 2, 5 and 8 are their letters, "w" is two "v"; separators at the edges do not
 * count, and several in a row count as one, of whatever kind. The skeleton of a skeleton is that skeleton.
 */
export function skeletonOf(name: string): string {
  if (plain.test(name)) return Array.from(name, (letter) => plainSkeletons[letter.charCodeAt(0)]).join("");
  return fullSkeletonOf(name);
}

function fullSkeletonOf(name: string): string {
  // Twice, for there are letters that look like one that looks like another: "ჳ" like "ȝ", and that like "3".
  const letters = looksOf(looksOf(name)).normalize("NFKD");
  return (
    letters
      // A capital i is a small l, and case does not count: so neither does i or l.
      .replace(/i\u0307?/g, "l")
      .replace(stretched, "")
      .replace(yod, "י")
      .replace(separators, " ")
      .trim()
  );
}

function looksOf(letters: string): string {
  const look = (letter: string) => asciiLooks[letter.charCodeAt(0)] ?? lookOf(letter);
  return Array.from(letters.normalize("NFKD"), look).join("");
}

/** "в" looks like no Latin letter, but "В" does: the capital decides where the small letter does not. */
function lookOf(letter: string): string {
  const capital = letter.toUpperCase();
  const small = lookInLowerCase(capital.toLowerCase());
  const alternative = lookInLowerCase(capital);
  return !isAscii(small) && isAscii(alternative) ? alternative : small;
}

function lookInLowerCase(letters: string): string {
  const looks = unhomoglyph(unhomoglyph(letters).toLowerCase());
  return Array.from(looks, (letter) => furtherLooks.get(letter) ?? letter).join("");
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/**
 * What UTS #39 leaves out. "cl" is not "d": an "i" is an "l" here, and Lucia is not Luda. 3, 4, 6, 7 and 9 stand for letters,
 * but do not look like them.
 */
const furtherLooks: ReadonlyMap<string, string> = new Map([
  ...[..."ᴀʙᴅᴇꜰɢʜᴊĸʟɴᴘꞯʀᴛ"].map((small, index) => [small, "abdefghjklnpqrt".charAt(index)] as const),
  ["ʍ", "rn"], // which is what the small capital M looks like in UTS #39
  ["ᴁ", "ae"],
  ["w", "vv"],
  ["2", "z"],
  ["5", "s"],
  ["8", "b"],
]);

/** Most names are made of these, and looking them up anew took an eighth of what a login costs. */
const asciiLooks = Array.from({ length: 128 }, (_, code) => lookOf(String.fromCharCode(code)));

/** No letter of these changes another's look, and most names are made of them: looking at each anew took a twelfth of what a login costs. */
const plain = /^[A-Za-z0-9]*$/;

/** The Arabic tatweel makes a word longer, and is no letter. */
const stretched = /\u0640/g;

/** A Hebrew yod looks like an apostrophe; unlike that, it tells "גלי" from "גל". Beside Hebrew letters an apostrophe is one. */
const yod = /(?<=\p{Script=Hebrew}.*)'|'(?=.*\p{Script=Hebrew})/gu;

/** What names may have between letters, and what looks like it: modifier letters, tones and clicks; with any accents on it. */
const separators = /(?:[ ._'’,:·!\u02b9-\u02d1\u02ec\u02ee\ua717-\ua71f\ua788-]\p{M}*)+/gu;

const plainSkeletons = Array.from({ length: 128 }, (_, code) => fullSkeletonOf(String.fromCharCode(code)));

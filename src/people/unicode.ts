/** What names of people and of rooms have in common: the letters they are made of, which go together, and what they look like. */
import unhomoglyph from "unhomoglyph";

/** UTS #39, 5.4: no stacks of marks; and none that would dangle from a space. */
const looseMark = /(?:(?<![\p{L}\p{Nd}\p{M}])\p{M}|\p{M}{5})/u;

/** Those with canonical combining class 9, by code points: they take a consonant's vowel, and join it to the next. */
const virama =
  "[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d3b\\u0d3c\\u0d4d\\u0dca\\u0e3a\\u0eba\\u0f84\\u1039\\u103a" +
  "\\u1714\\u1715\\u1734\\u17d2\\u1a60\\u1b44\\u1baa\\u1bab\\u1bf2\\u1bf3\\u2d7f\\ua806\\ua82c\\ua8c4\\ua953\\ua9c0\\uaaf6\\uabed" +
  "\\u{10a3f}\\u{11046}\\u{11070}\\u{1107f}\\u{110b9}\\u{11133}\\u{11134}\\u{111c0}\\u{11235}\\u{112ea}\\u{1134d}\\u{11442}" +
  "\\u{114c2}\\u{115bf}\\u{1163f}\\u{116b6}\\u{1172b}\\u{11839}\\u{1193d}\\u{1193e}\\u{119e0}\\u{11a34}\\u{11a47}\\u{11a99}" +
  "\\u{11c3f}\\u{11d44}\\u{11d45}\\u{11d97}]";

/** Scripts whose letters are joined. */
const joined =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mandaic}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Adlam}\\p{Script=Hanifi_Rohingya}]";

/**
 * Where joiners are of the spelling (UAX #31, 2.3.1): U+200C between joined letters or after a virama and before a letter, U+200D after
 * a virama, and in the Bengali ra with ya-phala. Unlike there, U+200C may also stand behind a letter that never joins the next, as many
 * type it in Persian.
 */
const joiners = new RegExp(
  `(?<=(?=${joined})\\p{L}\\p{M}*)\\u200c(?=(?=${joined})\\p{L})` +
    `|(?<=\\p{L}\\p{M}*${virama}\\p{M}*)(?:\\u200c(?=\\p{L})|\\u200d(?!\\p{M}))` +
    "|(?<=\\u09b0)\\u200d(?=\\u09cd\\u09af)",
  "gu",
);

/** A name without the joiners that are of its spelling. They are shown, and compare as if they were not there. */
export function withoutJoiners(name: string): string {
  return name.includes("\u200c") || name.includes("\u200d") ? name.replace(joiners, "") : name;
}

/** Whether an accent has no letter, or a letter more than 4. */
export function hasLooseMark(name: string): boolean {
  return looseMark.test(name);
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

/** The Arabic tatweel makes a word longer, and is no letter; nor are joiners. */
const stretched = /\u0640|\u200c|\u200d/g;

/** A Hebrew yod looks like an apostrophe; unlike that, it tells "גלי" from "גל". Beside Hebrew letters an apostrophe is one. */
const yod = /(?<=\p{Script=Hebrew}.*)'|'(?=.*\p{Script=Hebrew})/gu;

/** What names may have between letters, and what looks like it: modifier letters, tones and clicks; with any accents on it. */
const separators = /(?:[ ._'’,:·・་!\u02b9-\u02d1\u02ec\u02ee\ua717-\ua71f\ua788-]\p{M}*)+/gu;

const plainSkeletons = Array.from({ length: 128 }, (_, code) => fullSkeletonOf(String.fromCharCode(code)));

import fc from "fast-check";
import unhomoglyph from "unhomoglyph";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { skeletonOf } from "../../src/people/unicode.ts";
import { type Name, type NameKey, type NameProblem, parseName } from "../../src/people/user.ts";
import { anyString } from "../support/any-string.ts";

function accept(raw: string): Name {
  const parsed = parseName(raw);
  if (parsed.kind === "refused") throw new Error(`${JSON.stringify(raw)}: ${parsed.problem}`);
  return parsed.name;
}

const keyOf = (raw: string): NameKey => accept(raw).key;

function problemOf(raw: string): NameProblem | "none" {
  const parsed = parseName(raw);
  return parsed.kind === "refused" ? parsed.code : "none";
}

describe("a name is taken", () => {
  test.each([
    ["Ann", "Ann"],
    ["  Ann   Lee ", "Ann Lee"],
    ["Ａｎｎ", "Ann"],
    ["Ann\u00a0Lee", "Ann Lee"],
    ["Jose\u0301", "José"],
    ["O’Brien-Smith_2.0", "O’Brien-Smith_2.0"],
    ["007", "007"],
    ["Вера", "Вера"],
    ["Ελένη", "Ελένη"],
    ["山田タロウ", "山田タロウ"],
    ["ラーメン Ken", "ラーメン Ken"],
    ["김철수 Kim", "김철수 Kim"],
    ["محمد", "محمد"],
    ["नमस्ते", "नमस्ते"],
    ["สมชาย", "สมชาย"],
    ["שָׁלוֹם", "שָׁלוֹם".normalize("NFKC")],
    ["Nguyễn Thị", "Nguyễn Thị"],
    ["plumebots", "plumebots"],
    // Joiners where they are of the spelling.
    ["علی\u200cرضا", "علی\u200cرضا"],
    ["کار\u200cها", "کار\u200cها"],
    ["ශ්\u200dරී", "ශ්\u200dරී"],
    ["क्\u200dष", "क्\u200dष"],
    ["ക്\u200c\u0d37", "ക്\u200c\u0d37"],
    ["അവന്\u200d", "അവന്\u200d"],
    ["র\u200d্যাম", "র\u200d্যাম"],
    // One script each.
    ["ⴰⵎⴰⵣⵉⵖ", "ⴰⵎⴰⵣⵉⵖ"],
    ["ᏣᎳᎩ", "ᏣᎳᎩ"],
    ["ܣܘܪܝܝܐ", "ܣܘܪܝܝܐ"],
    ["ᐃᓄᒃᑎᑐᑦ", "ᐃᓄᒃᑎᑐᑦ"],
    ["ߒߞߏ", "ߒߞߏ"],
    ["𞤀𞤣𞤤𞤢𞤥", "𞤀𞤣𞤤𞤢𞤥"],
    ["ꆈꌠ", "ꆈꌠ"],
    ["ꦗꦮ", "ꦗꦮ"],
    ["ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩᠭᠣᠯ"],
    ["བསྟན་འཛིན་", "བསྟན་འཛིན་"],
    // What CLDR has in words.
    ["ジョン・スミス", "ジョン・スミス"],
    ["ｼﾞｮﾝ･ｽﾐｽ", "ジョン・スミス"],
    ["Gal·la", "Gal·la"],
    ["约翰·史密斯", "约翰·史密斯"],
    ["ג׳ורג׳", "ג׳ורג׳"],
  ])("%j is shown as %j", (raw, name) => expect(accept(raw).name).toBe(name));

  test("with as many bytes as are allowed", () => {
    expect(accept("n".repeat(limits.nameBytesMax)).name).toHaveLength(limits.nameBytesMax);
  });
});

describe("defect 8: a name is refused, and told which rule it breaks", () => {
  test.each<[string, string, NameProblem]>([
    ["empty", "", "empty"],
    ["spaces only", " \u3000 ", "empty"],
    ["a byte too long", "n".repeat(limits.nameBytesMax + 1), "too-long"],
    ["too long in bytes, not in characters", "é".repeat(limits.nameBytesMax / 2 + 1), "too-long"],
    ["far too long", "n".repeat(100_000), "too-long"],
    ["too long once normalised", "ﷺ".repeat(limits.nameBytesMax / 10), "too-long"],
    ["a line break", "Ann\nEve", "character"],
    ["a carriage return", "Ann\rEve", "character"],
    ["a control character", "Ann\u0007", "character"],
    ["bidi override", "Ann\u202ennA", "character"],
    ["zero-width space", "An\u200bn", "character"],
    ["zero-width joiner", "An\u200dn", "character"],
    ["zero-width non-joiner", "An\u200cn", "character"],
    ["a joiner at the end", "علی\u200c", "character"],
    ["a joiner at the front", "\u200cعلی", "character"],
    ["two joiners", "علی\u200c\u200cرضا", "character"],
    ["a joiner between letters that nothing joins", "ก\u200cข", "character"],
    ["a joiner before a vowel", "ශ්\u200dී", "character"],
    ["a dot between no letters", "Ann ·", "character"],
    ["two dots", "ジョン・・スミス", "character"],
    ["a geresh after no Hebrew letter", "Ann׳", "character"],
    ["nothing but blanks that are a symbol", "\u2800\u2800", "character"],
    ["nothing but a filler", "\u3164", "character"],
    ["Cherokee and Latin", "ᏣAnn", "scripts"],
    ["Tifinagh and Latin", "ⴰann", "scripts"],
    ["byte order mark", "An\ufeffn", "character"],
    ["soft hyphen", "An\u00adn", "character"],
    ["variation selector", "Ann\ufe0f", "character"],
    ["a filler that is an invisible letter", "Ann\u115f", "character"],
    ["private use", "Ann\ue000", "character"],
    ["unassigned", "Ann\u0378", "character"],
    ["half of a surrogate pair", "Ann\ud83d", "character"],
    ["HTML", "<b>Ann</b>", "character"],
    ["an @", "ann@example.com", "character"],
    ["an emoji", "Ann🙂", "character"],
    ["an accent on nothing", "Ann \u0301", "mark"],
    ["a stack of accents", `Z${"\u0335\u0336\u0337\u0338\u0321"}algo`, "mark"],
    ["no letter or digit", "-._", "no-letter"],
    ["letters that look like none", "ʼː", "no-letter"],
    ["Latin and Cyrillic", "Аnn", "scripts"],
    ["Latin and Greek", "Αnn", "scripts"],
    ["Hangul and Kana", "김タ", "scripts"],
  ])("%s", (_what, raw, code) => {
    expect(parseName(raw)).toMatchObject({ kind: "refused", code, problem: expect.stringMatching(/\w/) });
  });

  test("the problem says which character, even if nobody can see it", () => {
    expect(parseName("a<b")).toMatchObject({ problem: expect.stringContaining('"<"') });
    expect(parseName("a\u202eb")).toMatchObject({ problem: expect.stringContaining("U+202E") });
  });
});

describe("defects 10 and 12: nobody is the bot, or looks like it", () => {
  test.each([
    "plumebot",
    "plumebot ",
    "PlumeBot",
    "PLUMEBOT",
    "PIumeBot",
    "p1umebot",
    "plumeb0t",
    "ｐｌｕｍｅｂｏｔ",
    "plurnebot",
    "рlumebot",
    "plumebοt",
    "plume bot",
    "plume.bot",
    "_plumebot_",
    "plúmebot",
    "𝐩𝐥𝐮𝐦𝐞𝐛𝐨𝐭",
    "plumebot1",
    "plumebot2",
    "2plumebot",
    "plumebot-007",
    "PlumeBot I",
    "plumebotl0",
    "plume8ot5",
    "ᴘʟᴜᴍᴇʙᴏᴛ",
  ])("%s is refused", (raw) => expect(problemOf(raw)).toMatch(/reserved|scripts/));

  test.each(["plum", "bot", "plumebots", "replumebot", "plumebot fan"])("%s is somebody else", (raw) => {
    expect(problemOf(raw)).toBe("none");
  });
});

describe("defect 10: names that look alike are one name", () => {
  test.each([
    ["Ann", "ann"],
    ["Ann", "ＡＮＮ"],
    ["Alice", "AIice"],
    ["Alice", "alice"],
    ["Alice", "A1ice"],
    ["Bill", "BiLL"],
    ["Bob", "B0b"],
    ["Bob", "ВОВ"],
    ["Tom", "ТОМ"],
    ["Mo", "rno"],
    ["cop", "сор"],
    ["вера", "ВЕРА"],
    ["ΟΔΥΣΣΕΑΣ", "οδυσσεας"],
    ["Straße", "STRASSE"],
    ["Straße", "STRAẞE"],
    ["İbrahim", "ibrahim"],
    ["O'Brien", "o’brien"],
    ["𝓐𝓷𝓷", "Ann"],
    ["ann", "ann."],
    ["ann", "_ann"],
    ["ann", "annʼ"],
    ["ann", "-.ann'_ '"],
    ["ann", "annː"],
    ["ann", "annꞌ"],
    ["Ann Lee", "Ann__Lee"],
    ["Ann Lee", "Ann-.'Lee"],
    ["Jean-Luc", "Jean Luc"],
    ["will", "vvill"],
    ["Will", "VVILL"],
    ["vvv", "vw"],
    ["Mark", "rnark"],
    ["admin", "adᴍin"],
    ["admin", "ᴀᴅᴍɪɴ"],
    ["Robert", "ʀᴏʙᴇʀᴛ"],
    ["bob", "8ob"],
    ["sam", "5am"],
    ["zoe", "2oe"],
    ["محمد", "محـــمد"],
    ["גלי", "גל'"],
    ["علی\u200cرضا", "علیرضا"],
    ["ශ්\u200dරී", "ශ්රී"],
    ["র\u200d্য", "র্য"],
    ["ジョン・スミス", "ジョン スミス"],
    ["Gal·la", "Gal-la"],
    ["ג׳ורג׳", "ג'ורג'"],
    ["བསྟན་འཛིན་", "བསྟན་འཛིན"],
    ["ᎪᎳ", "ꭺꮃ"],
  ])("%s and %s", (one, other) => expect(keyOf(one)).toBe(keyOf(other)));

  test.each([
    ["Ann", "Anna"],
    ["José", "Jose"],
    ["Вера", "Bepo"],
    ["Ann Lee", "Annlee"],
    ["山田", "山口"],
    ["ann", "ann1"],
    ["ann1", "ann2"],
    ["ann 7", "ann 9"],
    ["Anna", "Ama"],
    ["Lucia", "Luda"],
    ["Ann Lee", "Ann Le"],
    ["ノリ", "リ"],
    ["くみ", "み"],
    ["גלי", "גל"],
    ["יונתן", "ונתן"],
    ["Ðan", "an"],
    ["ラーメン", "ラメン"],
  ])("but not %s and %s", (one, other) => expect(keyOf(one)).not.toBe(keyOf(other)));
});

describe("for any text", () => {
  const anyText = fc.oneof(
    anyString(60),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  );
  const unitsOf = (alphabet: string) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 20 });
  const likelyName = fc.oneof(
    unitsOf("abilmnoruvwzABILMNORUVWZ019 ._-'’éßŒıİ"),
    unitsOf("абвгдежиклмнорстухьяАБВЕЖИКЛМНОРСТУХЯіїј "),
    unitsOf("علیرضاش්රී\u200c\u200d · ・"),
    unitsOf("αβγδεηικλμνοπρσςτυχωάΐΑΒΓΕΗΙΚΜΝΟΡΣΤΥΧ "),
    fc.string({ unit: "grapheme", maxLength: 8 }),
  );

  test("parseName never throws, and what it takes is taken again and stays the same", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, likelyName), (raw) => {
        const parsed = parseName(raw);
        if (parsed.kind === "name") expect(parseName(parsed.name.name)).toEqual(parsed);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a name has the key of its capital, small and full-width forms", () => {
    const wide = (name: string) =>
      name.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
    fc.assert(
      fc.property(likelyName, (raw) => {
        const parsed = parseName(raw);
        if (parsed.kind === "refused") return;
        for (const form of [raw.toUpperCase(), raw.toLowerCase(), wide(raw)].map(parseName)) {
          if (form.kind === "name") expect(form.name.key).toBe(parsed.name.key);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("every letter of the scripts that look alike has the key of its other case, and of its key", () => {
    const alike =
      /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Armenian}]$/u;
    for (let codePoint = 0; codePoint < 0x1_0000; codePoint += 1) {
      const letter = String.fromCodePoint(codePoint);
      const parsed = alike.test(letter) ? parseName(letter) : undefined;
      if (parsed?.kind !== "name") continue;
      for (const form of [letter.toUpperCase(), letter.toLowerCase(), parsed.name.key].map(parseName)) {
        if (form.kind === "name") expect(form.name.key, letter).toBe(parsed.name.key);
      }
    }
  });

  test("separators around a name, and how many stand between its words, make no other name", () => {
    const separator = fc.string({ unit: fc.constantFrom(..." ._-'’ʼ"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(likelyName, separator, separator, separator, (raw, before, between, after) => {
        const parsed = parseName(raw);
        if (parsed.kind === "refused") return;
        const spaced = parsed.name.name.replace(/[ ._'’-]+/g, between);
        const other = parseName(before + spaced + after);
        if (other.kind === "name") expect(other.name.key).toBe(parsed.name.key);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a name that ends in another digit is another name", () => {
    const digit = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(likelyName, digit, digit, (raw, one, other) => {
        const keys = [raw, raw + one, raw + other]
          .map(parseName)
          .map((it) => it.kind === "name" && it.name.key);
        fc.pre(one !== other && keys.every((key) => key !== false));
        expect(new Set(keys).size).toBe(3);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a key of 0.4 leads to the key of today, so that stored names can be carried over", () => {
    fc.assert(
      fc.property(likelyName, (raw) => {
        const parsed = parseName(raw);
        if (parsed.kind === "name") expect(skeletonOf(keyOf04(parsed.name.name))).toBe(parsed.name.key);
      }),
      { numRuns: 3_000 },
    );
    for (const name of ["ᴀᴅᴍɪɴ", "vvill", "Will", "ann.", "גלי", "ג'ורג'", "ノリ", "5am", "Ɓala", "محـمد"])
      expect(skeletonOf(keyOf04(accept(name).name)), name).toBe(keyOf(name));
  });

  test("a key that is a name itself is its own key", () => {
    fc.assert(
      fc.property(likelyName, (raw) => {
        const parsed = parseName(raw);
        if (parsed.kind === "refused") return;
        const again = parseName(parsed.name.key);
        if (again.kind === "name") expect(again.name.key).toBe(parsed.name.key);
      }),
      { numRuns: 3_000 },
    );
  });
});

/** What 0.4 compared names by, and kept. */
function keyOf04(name: string): string {
  const skeleton = (letters: string) => unhomoglyph(unhomoglyph(letters).toLowerCase());
  const isAscii = (text: string) => /^[ -~]*$/.test(text);
  const lookOf = (letter: string) => {
    const small = skeleton(letter.toUpperCase().toLowerCase());
    const alternative = skeleton(letter.toUpperCase());
    return !isAscii(small) && isAscii(alternative) ? alternative : small;
  };
  const looksOf = (letters: string) => Array.from(letters.normalize("NFKD"), lookOf).join("");
  return looksOf(looksOf(name))
    .normalize("NFKD")
    .replace(/i\u0307?/g, "l");
}

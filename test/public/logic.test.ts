import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanRoomName, readAddress, roomAddress } from "../../public/address.ts";
import { backoffMs } from "../../public/backoff.ts";
import { bounds, byteLength } from "../../public/bounds.ts";
import { colorOfName } from "../../public/colors.ts";
import { checkJoin, checkRoomName, cleanCode, cleanLine } from "../../public/fields.ts";
import { fitting, mentionAt, mentions } from "../../public/mentions.ts";
import { fullPace, holdPace, takeTurn } from "../../public/pace.ts";
import { partsOf } from "../../public/parts.ts";
import { clockTime, dayName, secondsLeft, span } from "../../public/times.ts";
import { sentence } from "../../public/words.ts";
import { parseRoomName } from "../../src/chat/room-name.ts";
import { limits } from "../../src/limits.ts";
import { anyString } from "../support/any-string.ts";

test("the page keeps a little below the server's pace", () => {
  expect(bounds.linesPerSecond).toBeLessThan(limits.messagesPerSecond);
  expect(bounds.lineBurst).toBeLessThan(limits.messageBurst);
  expect(bounds.textBytesNear).toBeLessThan(bounds.textBytesMax);
});

describe("links", () => {
  const links = (text: string) =>
    partsOf(text, "Ada").flatMap((part) => (part.kind === "link" ? [part.href] : []));

  test.each([
    ["see https://example.org/a?b=c#d, please", ["https://example.org/a?b=c#d"]],
    ["example.org and HTTP://EXAMPLE.ORG", ["https://example.org/", "http://example.org/"]],
    ["mail ada@example.org", ["mailto:ada@example.org"]],
    ["javascript:alert(1) data:text/html,x file:///etc/passwd ftp://example.org/x", []],
    ['<img src=x onerror=alert(1)> <a href="javascript:alert(1)">', []],
  ])("of %j", (text, hrefs) => expect(links(text)).toEqual(hrefs));

  test("lose no character of the text", () => {
    const text = "a\n\n<b> https://example.org (ada@example.org) 👍 مرحبا javascript:x \t end ";
    expect(
      partsOf(text, "Ada")
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  // Work that grows with the square of the length, one step a nanosecond, is over the time-out of tests many times.
  test.each([
    "a.",
    "(",
    "http://",
    "@a",
    "a@",
    "%20",
    "https://a.",
    "`a",
    "`",
    "見https://a.b",
    "a.org,",
    ":x:",
  ])("are done with a run of %j that is ten times as long as a line can be", (piece) => {
    const text = piece.repeat((10 * bounds.textBytesMax) / piece.length);
    const found = partsOf(text, "Ada").reduce((length, part) => length + part.text.length, 0);
    expect(found).toBe(text.length);
  });
});

describe("mentions and code", () => {
  const pieces = (text: string, reader = "Ada") =>
    partsOf(text, reader).flatMap((part) =>
      part.kind === "text" ? [] : [part.kind === "mention" && part.own ? `own ${part.text}` : part.text],
    );

  test.each([
    ["Hi @Ada, and @Bo!", ["own @Ada", "@Bo"]],
    ["@ada: in either case; @Adam is another", ["own @ada", "@Adam"]],
    ["mail ada@example.org, not a mention", ["ada@example.org"]],
    ["`@Ada` and ``x`` and `npm test`", ["`@Ada`", "`npm test`"]],
    ["https://example.org/@Ada", ["https://example.org/@Ada"]],
  ])("in %j", (text, found) => expect(pieces(text)).toEqual(found));

  test("know names of several words", () => {
    expect(pieces("@Ada Lovelace!", "Ada Lovelace")).toEqual(["own @Ada Lovelace"]);
    expect(mentions("@Ada Lovelaces", "Ada Lovelace")).toBe(false);
  });

  test.each([
    ["in another case", "ΝΊΚΟΣ", "hi @νίκος!"],
    ["in another case, with a letter that becomes two", "Weiß", "@WEISS?"],
    ["composed otherwise", "Zoë", "@Zoe\u0308, come"],
    ["composed otherwise, with marks in another order", "Việt", "@Vie\u0302\u0323t"],
    ["in Hangul that is decomposed", "한솔", `@${"한솔".normalize("NFD")}`],
    ["in wide letters after a wide @", "Ada", "＠Ａｄａ"],
    ["without its joiners", "علی\u200cرضا", "سلام @علیرضا، خوبی؟"],
    ["with joiners", "علیرضا", "@علی\u200cرضا"],
    ["between words of a script without spaces", "小明", "你好@小明你好"],
    ["with an ending", "지수", "@지수님 안녕"],
    ["with an ending of another script", "Ada", "@Adaさん"],
    ["with Thai around it", "นก", "สวัสดี@นกครับ"],
    ["in quotes and brackets", "Ada", "「@Ada」"],
    ["with an apostrophe", "Ada", "@Ada’s turn"],
    ["before an ellipsis", "Ada", "@Ada…"],
    ["before an Arabic comma", "Ada", "@Ada، نعم"],
    ["of several words", "Ada Lovelace", "@ada lovelace!"],
    ["with a dot in it", "A. Lovelace", "(@a. lovelace)"],
  ])("find a person %s", (_, name, text) => {
    expect(mentions(text, name)).toBe(true);
    const own = partsOf(text, name).filter((part) => part.kind === "mention" && part.own);
    expect(own).toHaveLength(1);
  });

  test.each([
    ["somebody whose name goes on", "Ada", "@Adam @Adá @Ada1 @Ada_x"],
    ["a mail address", "Ada", "me@ada.org"],
    ["another letter", "Zoe", "@Zoë"],
    ["half a syllable", "하늘", "@한늘"],
  ])("find nobody else: %s", (_, name, text) => expect(mentions(text, name)).toBe(false));

  test("are completed by the beginning of a name or of one of its words", () => {
    expect(mentionAt("Hello @bj", 9)).toEqual({ start: 6, typed: "bj" });
    expect(mentionAt("ada@bj", 6)).toBeUndefined();
    expect(fitting(["Bo", "Ada Bolt", "Cy"], "bo")).toEqual(["Bo", "Ada Bolt"]);
    expect(mentionAt("你好@小", 4)).toEqual({ start: 2, typed: "小" });
    expect(mentionAt("سلام @علی\u200cر", 11)).toEqual({ start: 5, typed: "علی\u200cر" });
    expect(fitting(["Zoë", "ZOÉ", "علی\u200cرضا"], "zoe\u0308")).toEqual(["Zoë"]);
  });
});

describe("a short code", () => {
  const shown = (text: string) => {
    const parts = partsOf(text, "Ada");
    expect(parts.map((part) => part.text).join("")).toBe(text);
    return parts.map((part) => (part.kind === "emoji" ? part.emoji : part.text)).join("");
  };

  test.each([
    ["well done :tada: :+1:", "well done 🎉 👍"],
    [":wave:\n:x:\tand\u3000:v:", "👋\n❌\tand\u3000✌️"],
    [":tada: https://example.org/ :tada:", "🎉 https://example.org/ 🎉"],
    ["`:tada:` is :tada:", "`:tada:` is 🎉"],
  ])("between spaces or at an edge is shown as its emoji: %j", (text, seen) =>
    expect(shown(text)).toBe(seen),
  );

  test.each([
    "root:x:0:0:root:/root",
    "std::x::y",
    "https://example.org/a:x:b",
    "https://example.org/:x:/b see :x:y",
    ":nothing_like_it: 12:30:45",
    "(:x:) :x:, :x::x: a:x: :x:b",
    "` :x: ` `a`:x:",
    ":X:",
  ])("in anything else is none: %j", (text) => expect(shown(text)).toBe(text));
});

describe("addresses", () => {
  test.each([
    ["", { kind: "none" }],
    ["#Kitchen%20Table", { kind: "room", room: "kitchen-table", invite: "" }],
    ["#den?invite=1.a%2Bb", { kind: "room", room: "den", invite: "1.a+b" }],
    ["#code=ab12-cd", { kind: "code", code: "AB12CD" }],
    ["#code=1", { kind: "none" }],
    ["#code=AB12CDEF", { kind: "none" }],
    ["#%E0%A4%A", { kind: "no-room", problem: expect.stringContaining("% in it") }],
    [`#${"a".repeat(41)}`, { kind: "no-room", problem: expect.stringContaining("40 characters") }],
  ])("%j", (hash, address) => expect(readAddress(hash)).toEqual(address));

  test("lead back to where they are from", () => {
    const invite = "1774000000000.a-b_c";
    expect(readAddress(roomAddress("küche", invite))).toEqual({ kind: "room", room: "küche", invite });
  });
});

describe("a room’s name", () => {
  const problemOf = (typed: string) => checkRoomName(cleanRoomName(typed)) ?? "";

  test.each([
    ["UX & Design", "&"],
    ["🎉", "🎉"],
    ["c++", "+"],
    ["a.b", "."],
    ["zero\u200bwidth", "U+200B"],
    ["-a", "begins"],
    ["_", "begins"],
    ["x".repeat(60), "40 characters"],
    [" # ", "Please type"],
  ])("%j is refused with a sentence that says why", (typed, why) => {
    expect(problemOf(typed)).toContain(why);
    expect(parseRoomName(cleanRoomName(typed)).kind).toBe("refused");
  });

  test.each(["# Kitchen Table", "küche", "小明", "مطبخ", "ශ්\u200dරී", "a_b-c 1", "x".repeat(40)])(
    "%j is not",
    (typed) => expect(problemOf(typed)).toBe(""),
  );

  test("that the server takes is never refused here", () => {
    fc.assert(
      fc.property(anyString(), (typed) => {
        const name = cleanRoomName(typed);
        if (parseRoomName(name).kind === "room") expect(checkRoomName(name)).toBeUndefined();
      }),
    );
  });
});

describe("colours", () => {
  const names = Array.from({ length: 500 }, (_, n) => `person ${n}`);

  test("belong to the name, in either case", () => {
    expect(colorOfName("Ada")).toEqual(colorOfName("ada"));
    expect(new Set(names.map((name) => colorOfName(name).light)).size).toBe(30);
  });

  test("can be read on the page's light and dark paper", () => {
    for (const { light, dark } of names.map(colorOfName)) {
      expect(contrast(light, "#f5f7f4")).toBeGreaterThan(4.5);
      expect(contrast(dark, "#0f1615")).toBeGreaterThan(4.5);
    }
  });
});

/** WCAG 2: 1 to 21. */
function contrast(one: string, other: string): number {
  const luminances = [one, other].map((color) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
      const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  return (Math.max(...luminances) + 0.05) / (Math.min(...luminances) + 0.05);
}

describe("fields", () => {
  test.each([
    ["ab12cd", "AB12CD"],
    [" ab 12-", "AB12"],
    ["", ""],
  ])("show %j, typed as a code, as %j", (typed, code) => expect(cleanCode(typed)).toBe(code));

  test.each([
    ["  \n\n  if (x)\n\n", "  if (x)"],
    ["a\r\nb\rc", "a\nb\nc"],
    ["half \ud83d a character", "half \ufffd a character"],
    ["bell \u0007 and tab \t stay", "bell  and tab \t stay"],
    [" \n\t ", ""],
  ])("read %j as the line %j", (typed, line) => expect(cleanLine(typed)).toBe(line));

  test.each([
    ["", "a@b.c", "name"],
    ["é".repeat(61), "a@b.c", "name"],
    ["Ada", "", "email"],
    ["Ada", "ada@", "email"],
    ["Ada", `${"a".repeat(120)}@b.c`, "email"],
    ["Ada", "a@b.c", undefined],
    ["Ada", "a\u202eda@b.c", "email"],
  ])("check the name %j and the address %j", (name, email, field) => {
    expect(checkJoin(name, email)?.field).toBe(field);
  });
});

describe("pace", () => {
  test("lets a burst through, then one line after the other", () => {
    let pace = fullPace(0);
    const waits: number[] = [];
    for (let n = 0; n < 17; n += 1) {
      const turn = takeTurn(pace, 0);
      pace = turn.pace;
      waits.push(turn.waitMs);
    }
    expect(waits).toEqual([...Array.from({ length: 15 }, () => 0), 125, 125]);
    expect(takeTurn(pace, 125).waitMs).toBe(0);
  });

  test("stands still after a refusal for as long as it asks", () => {
    const pace = holdPace(fullPace(1000), 4000);
    expect(takeTurn(pace, 1000).waitMs).toBe(3000);
    expect(takeTurn(pace, 4000).waitMs).toBe(0);
  });

  test("of coming back stays between nothing and half a minute", () => {
    expect(backoffMs(0, "now", 0)).toBe(0);
    expect(backoffMs(86_400_000, "now", 0.999_999)).toBeLessThan(30_000);
    expect(backoffMs(0, "later", 0)).toBe(5000);
    expect(backoffMs(86_400_000, "later", 0.999_999)).toBe(30_000);
  });
});

describe("words", () => {
  test("of a server make a sentence", () => {
    expect(["the server restarts", "Why?", " ", "no."].map(sentence)).toEqual([
      "The server restarts.",
      "Why?",
      "",
      "No.",
    ]);
  });

  test("tell the time", () => {
    const at = new Date(2026, 10, 22, 9, 5).getTime();
    expect(clockTime(at)).toBe("09:05");
    expect([dayName(at, at), dayName(at, at + 86_400_000), dayName(at, at + 9 * 86_400_000)]).toEqual([
      "Today",
      "Yesterday",
      "Sunday 22 November",
    ]);
    expect([100, 40_000, 180_000, 7_500_000, 7_200_000].map(span)).toEqual([
      "1 s",
      "40 s",
      "3 min",
      "2 h 5 min",
      "2 h",
    ]);
    expect([secondsLeft(1500, 0), secondsLeft(0, 5)]).toEqual([2, 0]);
  });

  test("of the limit count bytes", () => expect(byteLength("é👍")).toBe(6));
});

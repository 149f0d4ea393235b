import { describe, expect, test } from "vitest";
import { backoffMs } from "../../public/backoff.ts";
import { bounds, byteLength } from "../../public/bounds.ts";
import { colorOfName } from "../../public/colors.ts";
import { checkJoin, cleanCode, cleanLine } from "../../public/fields.ts";
import { partsOf } from "../../public/links.ts";
import { fullPace, holdPace, takeTurn } from "../../public/pace.ts";
import { fieldOf, needsNewCode, retryAfterMs } from "../../public/refusals.ts";
import { addGap, continues, hear, type Timeline } from "../../public/timeline.ts";
import { clockTime, dayName, secondsLeft, span } from "../../public/times.ts";
import { sentence } from "../../public/words.ts";
import { limits } from "../../src/limits.ts";
import { BOT_NAME } from "../../src/protocol/message.ts";

test("the page keeps a little below the server's pace", () => {
  expect(bounds.linesPerSecond).toBeLessThan(limits.messagesPerSecond);
  expect(bounds.lineBurst).toBeLessThan(limits.messageBurst);
  expect(bounds.textBytesNear).toBeLessThan(bounds.textBytesMax);
});

describe("links", () => {
  const links = (text: string) => partsOf(text).flatMap((part) => (part.kind === "link" ? [part.href] : []));

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
      partsOf(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  test.each(["a.", "(", "http://", "@a", "a@", "%20", "https://a."])(
    "take no time in a long run of %j",
    (piece) => {
      const text = piece.repeat(bounds.foldedCharacters);
      const start = performance.now();
      partsOf(text);
      expect(performance.now() - start).toBeLessThan(500);
    },
  );
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

describe("the timeline", () => {
  const heard = (name: string, text: string, at = 0) => ({ name, text, at });
  const of = (...lines: [name: string, text: string, at?: number][]): Timeline =>
    lines.reduce<Timeline>((timeline, line) => hear(timeline, heard(...line), "Ada"), []);

  test("tells apart what people say, their coming and going, and the house", () => {
    expect(
      of(["Bo", "entered chat"], ["Bo", "Hello"], ["Ada", "Hi"], ["Bo", "left chat"], [BOT_NAME, "Welcome"]),
    ).toMatchObject([
      { kind: "came", name: "Bo", own: false },
      { kind: "said", text: "Hello", own: false },
      { kind: "said", text: "Hi", own: true },
      { kind: "went", name: "Bo" },
      { kind: "house", text: "Welcome" },
    ]);
  });

  test("groups what one person says within five minutes of one day", () => {
    const group = (...lines: Parameters<typeof of>) => {
      const timeline = of(...lines);
      return timeline.map((item, index) => continues(item, timeline[index - 1]));
    };
    const late = new Date(2026, 10, 22, 23, 59, 59).getTime();
    expect(group(["Bo", "a"], ["Bo", "b"], ["Cy", "c"], ["Bo", "d"])).toEqual([false, true, false, false]);
    expect(group(["Bo", "a", 0], ["Bo", "b", 300_001])).toEqual([false, false]);
    expect(group(["Bo", "a", late], ["Bo", "b", late + 2000])).toEqual([false, false]);
    expect(group(["Bo", "entered chat"], ["Bo", "a"])).toEqual([false, false]);
  });

  test("does not greet twice", () => {
    expect(of([BOT_NAME, "Welcome"], ["Bo", "x"], [BOT_NAME, "Welcome"])).toHaveLength(2);
  });

  test("keeps a thousand entries, with ids that only grow", () => {
    let timeline = of();
    for (let n = 0; n < 1005; n += 1) timeline = hear(timeline, heard("Bo", `${n}`), "Ada");
    expect(timeline).toHaveLength(1000);
    expect([timeline[0]?.id, timeline.at(-1)?.id]).toEqual([6, 1005]);
  });

  test("tells of no gap where nothing was heard before", () => {
    expect(addGap([], 0, 5000)).toEqual([]);
    expect(addGap(of(["Bo", "a"]), 1000, 5000).at(-1)).toMatchObject({ kind: "gap", awayMs: 4000 });
  });
});

describe("fields", () => {
  test.each([
    ["ab12cd", "AB12CD"],
    [" ab 12-cd\n", "AB12CD"],
    ["AB12CDEF", "AB12CD"],
    ["ａｂ１２ｃｄ", "AB12CD"],
    ["", ""],
  ])("read %j as the code %j", (typed, code) => expect(cleanCode(typed)).toBe(code));

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
  ])("check the name %j and the address %j", (name, email, field) => {
    expect(checkJoin(name, email)?.field).toBe(field);
  });
});

describe("refusals", () => {
  test.each([
    ["the name Ada belongs to somebody else; choose another", "name"],
    ["the mail address is too long; at most 120 bytes", "email"],
    ["this is not one mail address; type it as in name@example.com, with nothing before or after", "email"],
    ["the character U+1F600 is not allowed; names are made of letters", "name"],
    ["a name is missing; type one of letters and digits", "name"],
    ["something else", "name"],
  ])("%j is about the %s", (refusal, field) => expect(fieldOf(refusal)).toBe(field));

  test("say when to come again", () => {
    expect(retryAfterMs("not sent: too fast, try again in 2 s")).toBe(2000);
    expect(retryAfterMs("no code was sent, try again in 5 min")).toBe(300_000);
    expect(retryAfterMs("no")).toBeUndefined();
  });

  test("say whether another code is needed", () => {
    expect(needsNewCode("the code has expired, it was valid for 10 minutes; ask for a new one")).toBe(true);
    expect(needsNewCode("no code was asked for on this connection; ask for one")).toBe(true);
    expect(needsNewCode("this is not the code from the mail; 4 tries left")).toBe(false);
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
    const pace = holdPace(1000, "too fast, try again in 3 s");
    expect(takeTurn(pace, 1000).waitMs).toBe(3000);
    expect(takeTurn(pace, 4000).waitMs).toBe(0);
  });

  test("of coming back stays between nothing and half a minute", () => {
    expect(backoffMs(0, "now", 0)).toBe(0);
    expect(backoffMs(20, "now", 0.999_999)).toBeLessThan(30_000);
    expect(backoffMs(0, "later", 0)).toBe(5000);
    expect(backoffMs(20, "later", 0.999_999)).toBe(30_000);
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

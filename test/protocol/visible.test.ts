import { describe, expect, it } from "vitest";
import { isVisible } from "../../src/protocol/visible.ts";

describe("of a text", () => {
  it.each([
    ["nothing", ""],
    ["spaces of all kinds and line breaks", " \u00a0\u2003\u3000\t\n\u2028"],
    ["zero-width spaces", "\u200b\u200b"],
    ["joiners", "\u200c\u200d\u2060"],
    ["a blank Braille cell", "\u2800"],
    ["fillers that are letters", "\u3164\u115f\u1160\uffa0"],
    ["tags", "\u{e0041}\u{e0042}\u{e007f}"],
    ["marks of direction", "\u202a\u202e\u2066\u2069\u200e\u200f\u061c"],
    ["variation selectors", "\ufe0f\ufe00\u{e0100}"],
    ["marks without a letter", "\u0301\u0308\u20e3 \u093f"],
    ["controls and a soft hyphen", "\u0007\u00ad\ufeff"],
    ["a musical note without a head", "\u{1d159}"],
  ])("nothing is seen that is %s", (_, text) => expect(isVisible(text)).toBe(false));

  it.each([
    ".",
    "a",
    "ا",
    "0",
    "👍",
    "#\ufe0f\u20e3",
    "\u200b-\u200b",
    "👨\u200d👩\u200d👧",
    "e\u0301",
    "\u06dd",
    "\ue000",
    "€",
  ])("something is seen that is %j", (text) => expect(isVisible(text)).toBe(true));

  it("any length is looked at in no time", () => {
    const fromMs = performance.now();
    expect(isVisible("\u200b".repeat(65_536 / 3))).toBe(false);
    expect(performance.now() - fromMs).toBeLessThan(500);
  });
});

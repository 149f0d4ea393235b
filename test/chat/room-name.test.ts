import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseRoomName } from "../../src/chat/room-name.ts";
import { limits } from "../../src/limits.ts";
import { anyString } from "../support/any-string.ts";

const longest = "x".repeat(limits.roomNameCharacters);

describe("a room's name", () => {
  it.each([
    ["lobby", "lobby"],
    ["  Lobby ", "lobby"],
    ["ＲＯＯＭ１", "room1"],
    ["4-ever_young", "4-ever_young"],
    ["Кухня", "кухня"],
    ["ガーデン2", "ガーデン2"],
    ["हिन्दी", "हिन्दी"],
    ["Cafe\u0301", "café"],
    ["علی\u200cرضا", "علی\u200cرضا"],
    ["ᏣᎳᎩ", "ꮳꮃꭹ"],
    ["ⴰⵎⴰⵣⵉⵖ", "ⴰⵎⴰⵣⵉⵖ"],
    [longest, longest],
  ])("%j is %j", (raw, name) => {
    expect(parseRoomName(raw)).toEqual({ kind: "room", name });
  });

  it.each([
    ["", "is missing"],
    ["  ", "is missing"],
    [`${longest}x`, "at most 40 characters"],
    [" ".repeat(1000), "at most 40 characters"],
    ["\ufdfa\ufdfa\ufdfa", "at most 40 characters"], // each becomes 18
    ["two words", "the character U+0020 is not allowed"],
    ["#general", '"#" is not allowed'],
    ["a.b", '"." is not allowed'],
    ["a\nb", "the character U+000A is not allowed"],
    ["a\u200bb", "the character U+200B is not allowed"],
    ["a\u115fb", "the character U+115F is not allowed"],
    ["🎉", '"🎉" is not allowed'],
    ["-room", "begins with a letter or a digit"],
    ["_", "begins with a letter or a digit"],
    ["\u0301a", "begins with a letter or a digit"],
    ["a-\u0301", "an accent without a letter"],
    ["lоbby", "mixes scripts"], // with a Cyrillic о
  ])("%j is refused", (raw, problem) => {
    expect(parseRoomName(raw)).toEqual({ kind: "refused", problem: expect.stringContaining(problem) });
  });
});

test("parseRoomName never throws, and what it gives is taken again and stays the same", () => {
  const raw = fc.oneof(anyString(), fc.string({ unit: fc.constantFrom(..."aBİßΣéĳ1-_ ǅẞΐ\u0307\u0301") }));
  fc.assert(
    fc.property(raw, (text) => {
      const parsed = parseRoomName(text);
      if (parsed.kind === "room") expect(parseRoomName(parsed.name)).toEqual(parsed);
    }),
    { numRuns: 500 },
  );
});

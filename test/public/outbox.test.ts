import { describe, expect, test } from "vitest";
import {
  addLine,
  markEchoed,
  markRefused,
  markSent,
  markUnsure,
  nextLine,
  type Outbox,
  packOutbox,
  sendAgain,
  unpackOutbox,
} from "../../public/outbox.ts";

const of = (...texts: string[]): Outbox =>
  texts.reduce<Outbox>((outbox, text) => addLine(outbox, text, 1) ?? outbox, []);
const shown = (outbox: Outbox) => outbox.map(({ text, state }) => `${state.kind}: ${text}`);

describe("the outbox", () => {
  test("has one line on the wire at a time", () => {
    const outbox = of("one", "two");
    expect(nextLine(outbox)?.text).toBe("one");
    expect(nextLine(markSent(outbox, 1))).toBeUndefined();
  });

  test("takes an echo for the line on the wire before one that may have been lost", () => {
    const lost = markUnsure(markSent(of("same"), 1));
    const outbox = markSent(addLine(lost, "same", 2) ?? lost, 2);
    expect(shown(markEchoed(outbox, "same"))).toEqual(["unsure: same"]);
    expect(shown(markEchoed(markEchoed(outbox, "same"), "same"))).toEqual([]);
  });

  test("takes no echo for a line that was never sent", () => {
    const outbox = of("same");
    expect(markEchoed(outbox, "same")).toBe(outbox);
  });

  test("takes an echo for the same text without the spaces around it", () => {
    expect(markEchoed(markSent(of("  indented"), 1), "indented")).toEqual([]);
  });

  test("refuses the line on the wire, and none where there is none", () => {
    const { outbox, refused } = markRefused(markSent(of("one", "two"), 1), "too fast");
    expect([refused?.text, shown(outbox)]).toEqual(["one", ["refused: one", "waiting: two"]]);
    expect(markRefused(of("one"), "too fast").refused).toBeUndefined();
  });

  test("sends again as the newest", () => {
    expect(shown(sendAgain(markUnsure(markSent(of("one", "two"), 1)), 1))).toEqual([
      "waiting: two",
      "waiting: one",
    ]);
  });

  test("holds a hundred lines", () => {
    expect(addLine(of(...Array.from({ length: 100 }, String)), "x", 1)).toBeUndefined();
  });

  test("survives a reload, unsure of what was on the wire", () => {
    const refused = markRefused(markSent(of("one", "two", "three"), 1), "too fast").outbox;
    const outbox = markSent(refused, 2);
    const unpacked = unpackOutbox(packOutbox(outbox));
    expect(shown(unpacked)).toEqual(["refused: one", "unsure: two", "waiting: three"]);
    expect(new Set(unpacked.map(({ id }) => id)).size).toBe(3);
  });

  test.each(["", "{", "null", "[1]", '[{"text":1}]', '{"text":"x"}'])("reads %j as nothing", (packed) => {
    expect(unpackOutbox(packed)).toEqual([]);
  });
});

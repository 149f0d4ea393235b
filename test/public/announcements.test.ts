import { expect, test } from "vitest";
import { announcementsOf, toldTo } from "../../public/announcements.ts";
import { bounds } from "../../public/bounds.ts";
import { heard, joined, newRoom, type Room, recalled } from "../../public/room.ts";
import { type LogEntryV2, Type } from "../../src/protocol/v2.ts";
import { textEntry as line } from "./support.ts";

const ada = { id: "id of Ada", name: "Ada" };
const hear = (room: Room, ...entries: LogEntryV2[]) =>
  entries.reduce((before, entry) => heard(before, entry, ada), room);
const join = (room: Room, last: number, from: number, epoch = "e1") =>
  joined(room, { type: Type.Joined, room: "lobby", epoch, first: 1, last, from, private: false }, 0);
/** What a screen reader is told on the way from one to the other. */
const told = (before: Room, after: Room) => announcementsOf(after, toldTo(before)).map(({ text }) => text);
const inside = hear(join(newRoom("lobby"), 2, 0), line(1, "Bo", "a"), line(2, "Bo", "b"));

test("what is said, and who comes and goes, is told once", () => {
  const came: LogEntryV2 = { ...line(4, "Cy", ""), type: Type.Entered };
  const after = hear(inside, line(3, "Bo", "hello :wave:"), came, line(5, "Ada", "mine"));
  expect(told(inside, after)).toEqual(["Bo: hello 👋", "Cy came in"]);
  expect(told(after, after)).toEqual([]);
});

test("history is not: of a room that is joined, before what is known, after a lost connection, of another log", () => {
  expect(told(newRoom("lobby"), inside)).toEqual([]);
  const late = hear(join(newRoom("lobby"), 9, 8), line(9, "Bo", "i"));
  const entries = [line(7, "Bo", "g"), line(8, "Bo", "h")];
  expect(told(late, recalled(late, { type: Type.History, room: "lobby", first: 1, entries }, ada))).toEqual(
    [],
  );
  const back = join(inside, 4, 2);
  const resumed = hear(back, line(3, "Bo", "c"), line(4, "Bo", "d"));
  expect([...told(inside, back), ...told(back, resumed)]).toEqual([]);
  expect(told(resumed, hear(resumed, line(5, "Bo", "e")))).toEqual(["Bo: e"]);
  const anew = hear(join(inside, 1, 0, "e2"), line(1, "Bo", "first"));
  expect(told(inside, anew)).toEqual([]);
  expect(told(anew, hear(anew, line(2, "Bo", "second")))).toEqual(["Bo: second"]);
});

test("of many lines at once the number is told, and of a long one the beginning", () => {
  const many = Array.from({ length: bounds.announcedLines + 1 }, (_, n) => line(3 + n, "Bo", `${n}`));
  expect(told(inside, hear(inside, ...many))).toEqual([`${many.length} new messages`]);
  const [long = ""] = told(inside, hear(inside, line(3, "Bo", "x".repeat(bounds.announcedCharacters + 1))));
  expect(long).toBe(`Bo: ${"x".repeat(bounds.announcedCharacters)}…`);
});

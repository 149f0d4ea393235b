import { describe, expect, test } from "vitest";
import { bounds } from "../../public/bounds.ts";
import {
  firstNew,
  gone,
  heard,
  joined,
  newRoom,
  ownLineBefore,
  type Room,
  recalled,
  seen,
  seenElsewhere,
} from "../../public/room.ts";
import { packRead, packRooms, packSeen, unpackRooms } from "../../public/rooms-store.ts";
import { blocksOf, continues, isSameBlock, rowsOf } from "../../public/rows.ts";
import type { Timeline } from "../../public/timeline.ts";
import { type LogEntryV2, Type } from "../../src/protocol/v2.ts";
import { textEntry as line } from "./support.ts";

const join = (room: Room, more: { epoch?: string; first?: number; last?: number; from?: number } = {}) =>
  joined(
    room,
    { type: Type.Joined, room: "lobby", epoch: "e1", first: 1, last: 0, from: 0, private: false, ...more },
    0,
  );
const hear = (room: Room, ...entries: LogEntryV2[]) =>
  entries.reduce((before, entry) => heard(before, entry, ada), room);
const shown = ({ timeline }: { timeline: Timeline }) =>
  timeline.map((item) => {
    if (item.kind === "said")
      return `${item.seq} ${item.deleted ? "deleted" : item.text}${item.edited ? "*" : ""}`;
    return item.kind === "gap" ? `gap ${item.seq}–${item.last}` : item.kind;
  });
const inside = join(newRoom("lobby"));
const at = 0;
const ada = { id: "id of Ada", name: "Ada" };
/** Says something as Ada who was before her: the name has changed hands. */
const firstAda = { id: "id of the first Ada", name: "Ada" };
const user = { id: "id of Bo", name: "Bo" };
const edited = (seq: number, of: number, text: string): LogEntryV2 => ({
  type: Type.Edited,
  room: "lobby",
  seq,
  at,
  user,
  of,
  text,
});
const deleted = (seq: number, of: number): LogEntryV2 => ({
  type: Type.Deleted,
  room: "lobby",
  seq,
  at,
  user,
  of,
});
const crossing = (
  seq: number,
  name: string,
  type: typeof Type.Entered | typeof Type.Departed = Type.Entered,
): LogEntryV2 => ({ type, room: "lobby", seq, at, user: { id: `id of ${name}`, name } });

describe("a room", () => {
  test("takes each message once, whatever comes again", () => {
    const room = hear(inside, line(1, "Bo", "a"), line(2, "Bo", "b"), line(1, "Bo", "a"), line(2, "Bo", "b"));
    expect(shown(room)).toEqual(["1 a", "2 b"]);
  });

  test("says which messages are gone, told or not", () => {
    const told = gone(hear(inside, line(1, "Bo", "a")), { first: 2, last: 17 }, 0);
    expect(shown(hear(told, line(18, "Bo", "b"), line(20, "Bo", "c")))).toEqual([
      ...["1 a", "gap 2–17", "18 b", "gap 19–19", "20 c"],
    ]);
    expect(gone(told, { first: 2, last: 17 }, 0)).toBe(told);
  });

  test("goes on where it was when it is joined again", () => {
    const back = join(hear(inside, line(1, "Bo", "a")), { last: 2, from: 1 });
    expect(shown(hear(back, line(2, "Bo", "b")))).toEqual(["1 a", "2 b"]);
  });

  test("says that the log was lost, and counts anew", () => {
    const anew = join(hear(inside, line(1, "Bo", "a"), line(2, "Bo", "b")), { epoch: "e2" });
    const room = hear(anew, line(1, "Bo", "c"), edited(2, 1, "d"));
    expect(shown(room)).toEqual(["1 a", "2 b", "lost", "1 d*"]);
    expect(new Set(room.timeline.map(({ id }) => id)).size).toBe(4);
  });

  test("shows all from then on of a log that was put back to before what it knows, whose numbers are others' now", () => {
    const ahead = hear(inside, line(1, "Bo", "a"), line(2, "Bo", "b"), line(3, "Bo", "c"));
    const back = hear(
      join(ahead, { last: 2, from: 0 }),
      line(1, "Bo", "a"),
      line(2, "Bo", "b"),
      line(3, "Bo", "d"),
    );
    expect(shown(back)).toEqual(["lost", "1 a", "2 b", "3 d"]);
    expect(back.readTo).toEqual({ epoch: "e1", seq: 0 });
    const reloaded = { ...newRoom("lobby"), readTo: { epoch: "e1", seq: 3 } };
    expect(join(reloaded, { last: 2, from: 0 }).readTo).toEqual({ epoch: "e1", seq: 2 });
  });

  test("changes lines, the newest change last", () => {
    const room = hear(
      inside,
      line(1, "Bo", "a"),
      edited(2, 1, "b"),
      edited(3, 1, "c"),
      line(4, "Bo", "x"),
      deleted(5, 4),
    );
    expect(shown(room)).toEqual(["1 c*", "4 deleted"]);
    expect(shown(hear(room, edited(6, 4, "back")))).toEqual(["1 c*", "4 deleted"]);
  });

  test("gets older messages before the others, with what has become of them since", () => {
    const late = hear(join(newRoom("lobby"), { first: 1, last: 4, from: 3 }), edited(4, 2, "B"));
    const entries = [line(1, "Bo", "a"), line(2, "Bo", "b"), deleted(3, 1)];
    const room = recalled(late, { type: Type.History, room: "lobby", first: 1, entries }, ada);
    expect(shown(room)).toEqual(["1 deleted", "2 B*"]);
    expect(room.oldest).toBe(1);
    const twice = recalled(room, { type: Type.History, room: "lobby", first: 1, entries }, ada);
    expect(shown(twice)).toEqual(shown(room));
  });

  test("counts what is news, and knows when one is mentioned", () => {
    const late = join(newRoom("lobby"), { last: 1 });
    const room = hear(
      late,
      line(1, "Bo", "old"),
      line(2, "Bo", "new"),
      line(3, "Ada", "mine"),
      crossing(4, "Cy"),
    );
    expect([room.unread, room.mentioned]).toEqual([1, false]);
    const called = hear(room, line(5, "Bo", "@ada?"));
    expect([called.unread, called.mentioned]).toEqual([2, true]);
    expect(seen(called, "looking")).toMatchObject({ unread: 0, mentioned: false });
  });

  test.each([
    ["come back to from another room", "come"],
    ["looked at again", "back"],
  ] as const)("that is %s marks the first line that was not seen", (_, as) => {
    const seenRoom = seen(hear(inside, line(1, "Bo", "seen")), "looking");
    const room = hear(seenRoom, crossing(2, "Cy"), line(3, "Ada", "mine"), line(4, "Bo", "new"));
    const back = seen(room, as);
    expect([firstNew(room), firstNew(back), back.unread]).toEqual([undefined, "e1/4", 0]);
    // What is said while somebody looks is no news, and the mark stays until they have been elsewhere.
    const later = seen(hear(back, line(5, "Bo", "seen too")), "looking");
    expect([firstNew(later), firstNew(seen(later, "back"))]).toEqual(["e1/4", "e1/4"]);
    expect(firstNew(seen(later, "come"))).toBeUndefined();
  });

  test("marks what was said while it could not be joined: over a lost connection, a reload and a closed browser", () => {
    const before = seen(hear(inside, line(1, "Bo", "a"), line(2, "Bo", "b")), "looking");
    const missed = [line(3, "Bo", "c"), line(4, "Bo", "d")];
    const resumed = hear(join(before, { last: 4, from: 2 }), ...missed);
    expect(firstNew(seen(resumed, "looking"))).toBe("e1/3");

    const kept = packSeen([before], "");
    const tabs = [packRead([before]), ""];
    for (const read of tabs) {
      const [loaded = inside] = unpackRooms(packRooms([before]), read, kept);
      const room = hear(
        join(seen(loaded, "back"), { last: 4, from: 0 }),
        line(1, "Bo", "a"),
        line(2, "Bo", "b"),
      );
      expect(firstNew(seen(hear(seen(room, "looking"), ...missed), "looking"))).toBe("e1/3");
    }
  });

  test("marks nothing as new to who was never in it, or where the log is another one", () => {
    const first = hear(join(newRoom("lobby"), { last: 2 }), line(1, "Bo", "a"), line(2, "Bo", "b"));
    expect(firstNew(seen(first, "looking"))).toBeUndefined();
    const anew = hear(join(seen(first, "looking"), { epoch: "e2", last: 1 }), line(1, "Bo", "c"));
    expect(firstNew(seen(anew, "looking"))).toBeUndefined();
  });

  test("counts in a new tab what was said since it was seen in another one", () => {
    const before = seen(hear(inside, line(1, "Bo", "a")), "looking");
    const [loaded = inside] = unpackRooms(packRooms([before]), "", packSeen([before], ""));
    const room = hear(
      join(loaded, { last: 3 }),
      line(1, "Bo", "a"),
      line(2, "Bo", "@ada"),
      line(3, "Bo", "c"),
    );
    expect([room.unread, room.mentioned]).toEqual([2, true]);
  });

  test("marks nothing that was seen in another tab, though it was counted here before a reload", () => {
    const before = hear(
      seen(hear(inside, line(1, "Bo", "a")), "looking"),
      line(2, "Bo", "b"),
      line(3, "Bo", "c"),
    );
    const [loaded = inside] = unpackRooms(packRooms([before]), packRead([before]), packSeen([before], ""));
    const elsewhere = seenElsewhere(loaded, { epoch: "e1", seq: 2 }, ada);
    const history = [line(1, "Bo", "a"), line(2, "Bo", "b"), line(3, "Bo", "c")];
    const room = hear(join(elsewhere, { last: 3 }), ...history);
    expect([loaded.unread, room.unread, firstNew(seen(room, "come"))]).toEqual([2, 1, "e1/3"]);
    expect(firstNew(seen(seenElsewhere(room, { epoch: "e1", seq: 3 }, ada), "come"))).toBeUndefined();
  });

  test("is kept as seen as far as any tab has seen it", () => {
    const near = seen(hear(inside, line(1, "Bo", "a")), "looking");
    const far = seen(hear(near, line(2, "Bo", "b")), "looking");
    expect(packSeen([near], packSeen([far], ""))).toBe(packSeen([far], ""));
    expect(unpackRooms(packRooms([far]), "", "{}")[0]?.seenTo).toEqual({ epoch: "", seq: 0 });
    const many = Array.from({ length: 200 }, (_, n) => ({ ...far, name: `room-${n}` }));
    const kept: unknown = JSON.parse(packSeen(many, ""));
    expect(Object.keys(kept ?? {})).toHaveLength(2 * bounds.roomsMax);
  });

  test("goes on counting after a reload, unless the log is another one", () => {
    const late = join(newRoom("lobby"), { last: 1 });
    const before = hear(late, line(1, "Bo", "old"), line(2, "Bo", "@ada?"), line(3, "Ada", "mine"));
    const rooms = unpackRooms(packRooms([before]), packRead([before]), "");
    const [room = newRoom("lobby")] = unpackRooms(packRooms(rooms), packRead(rooms), "");
    expect([room.unread, room.mentioned]).toEqual([1, true]);
    const back = hear(join(room, { last: 4, from: 1 }), line(2, "Bo", "@ada?"), line(3, "Ada", "mine"));
    expect([back.unread, hear(back, line(4, "Bo", "new")).unread]).toEqual([1, 2]);
    expect(seen(room, "looking")).toMatchObject({ readTo: room.readTo, unread: 0, mentioned: false });
    const other = join(room, { epoch: "e2", last: 4 });
    expect([other.unread, other.mentioned]).toEqual([0, false]);
  });

  test("keeps a thousand entries, and knows that it can ask for the others", () => {
    let room = inside;
    for (let n = 1; n <= 1005; n += 1) room = heard(room, line(n, "Bo", `${n}`), ada);
    expect([room.timeline.length, room.oldest, room.last]).toEqual([1000, 6, 1005]);
  });

  test("takes nothing for one’s own that somebody else said who had the name before", () => {
    const before = { ...line(1, "Ada", "not mine, @Ada"), user: firstAda };
    const room = hear(inside, before, line(2, "Bo", "b"));
    expect(room.timeline[0]).toMatchObject({ own: false, by: firstAda });
    expect(ownLineBefore(room, 3)).toBeUndefined();
    expect([room.unread, room.mentioned]).toEqual([2, true]);
    const entries = [{ ...line(1, "Ada", "not mine"), user: firstAda }];
    const late = join(newRoom("lobby"), { last: 1, from: 1 });
    const recalledRoom = recalled(late, { type: Type.History, room: "lobby", first: 1, entries }, ada);
    expect(recalledRoom.timeline[0]).toMatchObject({ own: false });
    const renamed = { ...line(3, "Lady Ada", "mine, by my other name"), user: { ...ada, name: "Lady Ada" } };
    expect(ownLineBefore(hear(room, renamed), 4)).toMatchObject({ seq: 3 });
  });

  test("takes somebody who has said something for no longer typing", () => {
    const room = { ...inside, typing: { count: 2, names: ["Bo", "Cy"] } };
    expect(hear(room, line(1, "Bo", "a")).typing).toEqual({ count: 1, names: ["Cy"] });
  });
});

describe("rows", () => {
  test("tell of a few comings and goings one by one, of many at once", () => {
    const few = hear(inside, crossing(1, "Bo"), crossing(2, "Cy"), crossing(3, "Di"));
    expect(rowsOf(few.timeline).map(({ kind }) => kind)).toEqual(["came", "came", "came"]);
    const many = hear(few, crossing(4, "Bo", Type.Departed), line(5, "Di", "a"), crossing(6, "Ed"));
    expect(rowsOf(many.timeline)).toMatchObject([
      { kind: "crossings", came: ["Cy", "Di"], went: ["Bo"] },
      { kind: "said" },
      { kind: "came", by: { name: "Ed" } },
    ]);
  });

  test("tell two people apart who have had one name, and one person under two", () => {
    const said = (seq: number, by: typeof ada) => ({ ...line(seq, by.name, "x"), user: by });
    const rows = rowsOf(hear(inside, said(1, firstAda), said(2, ada), said(3, ada)).timeline);
    expect(rows.map((row, n) => row.kind === "said" && continues(row, rows[n - 1]))).toEqual([
      ...[false, false, true],
    ]);
    const lady = { ...ada, name: "Lady Ada" };
    const [own, other] = rowsOf(hear(inside, said(1, ada), said(2, lady)).timeline);
    expect(other?.kind === "said" && continues(other, own)).toBe(false);
    const crossings = [
      { ...crossing(1, "Ada"), user: firstAda },
      { ...crossing(2, "Ada", Type.Departed), user: firstAda },
      { ...crossing(3, "Ada"), user: ada },
      crossing(4, "Bo"),
    ];
    expect(rowsOf(hear(inside, ...crossings).timeline)).toMatchObject([
      { kind: "crossings", came: ["Ada", "Bo"], went: ["Ada"] },
    ]);
  });

  test("are drawn again only near the one that comes, and near the one that goes for it", () => {
    let full = inside;
    for (let n = 1; n <= 1020; n += 1) full = heard(full, line(n, "Bo", `${n}`), ada);
    const blocks = (room: Room) => new Map(blocksOf(rowsOf(room.timeline)).map((block) => [block.id, block]));
    const before = blocks(full);
    const isNew = ([id, block]: [string, ReturnType<typeof blocksOf>[number]]) => {
      const old = before.get(id);
      return old === undefined || !isSameBlock(old, block);
    };
    const fresh = [...blocks(hear(full, line(1021, "Bo", "news")))].filter(isNew);
    expect(fresh.map(([id]) => id)).toEqual(["e1/0", "e1/20"]);
    const changed = [...blocks(hear(full, edited(1021, 510, "other words")))].filter(isNew);
    expect(changed.map(([id]) => id)).toEqual(["e1/10"]);
  });

  test("stand under one name when one person says them within five minutes of one day", () => {
    const late = new Date(2026, 10, 22, 23, 59, 59).getTime();
    const group = (...said: [name: string, at: number][]) => {
      const entries = said.map(([name, time], index) => ({ ...line(index + 1, name, "x"), at: time }));
      const rows = rowsOf(hear(inside, ...entries).timeline);
      return rows.map((row, index) => row.kind === "said" && continues(row, rows[index - 1]));
    };
    expect(group(["Bo", 0], ["Bo", 1], ["Cy", 2], ["Bo", 3])).toEqual([false, true, false, false]);
    expect(group(["Bo", 0], ["Bo", 300_001])).toEqual([false, false]);
    expect(group(["Bo", late], ["Bo", late + 2000])).toEqual([false, false]);
  });
});

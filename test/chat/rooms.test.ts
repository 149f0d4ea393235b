import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Client } from "../../src/chat/client.ts";
import type { State } from "../../src/chat/recovery.ts";
import type { Room } from "../../src/chat/room.ts";
import { LOBBY, Rooms } from "../../src/chat/rooms.ts";
import { limits } from "../../src/limits.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { HistoryBudget } from "../../src/memory/history-budget.ts";
import type { PersonId } from "../../src/people/user.ts";
import { Type } from "../../src/protocol/v2.ts";
import { Store } from "../../src/store/store.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { InProcessServer } from "../support/in-process-server.ts";
import { letIn, user } from "./support.ts";

const asPublic = { isPrivate: false, openedBy: undefined };
const asNew = { since: undefined, pass: { kind: "none" } } as const;
const { roomEmptyMs, roomsMax, roomsOpenedPerPerson, graceMs, presenceEveryMs } = limits;

function opened(state: State = { kind: "memory" }) {
  const clock = new FakeClock();
  const log: string[] = [];
  const rooms = new Rooms({
    history: 100,
    historyBudget: new HistoryBudget(new ByteBudget({ max: 100_000_000 })),
    connectionsMax: 10_000,
    clock,
    random: systemRandom,
    logger: pino({}, { write: (line) => void log.push(line) }),
    state,
  });
  const open = (name: string, isPrivate = false, openedBy: PersonId | undefined = undefined): Room => {
    const room = rooms.open(name, { isPrivate, openedBy });
    if (typeof room === "string") throw new Error(`the rooms are ${room}`);
    return room;
  };
  const enter = async (name: string, room: Room) => {
    const { from } = letIn(await room.enter(user(name), asNew));
    return new Client(user(name), room, from);
  };
  return { clock, log, rooms, open, enter };
}

describe("a room", () => {
  it("is there once it was opened, and the same for all who open it", () => {
    const { rooms, open } = opened();
    expect(rooms.get("garden")).toBeUndefined();
    const garden = open("garden");
    expect(open("garden", true)).toBe(garden);
    expect(rooms.get("garden")).toBe(garden);
    expect([garden.name, garden.isPrivate]).toEqual(["garden", false]);
    expect(open("kitchen", true).isPrivate).toBe(true);
  });

  it("has an epoch of its own, also after another of its name", async () => {
    const { rooms, open, clock } = opened();
    const epochs = new Set([open("garden").epoch, open("kitchen").epoch]);
    await clock.advance(roomEmptyMs);
    expect(rooms.get("garden")).toBeUndefined();
    epochs.add(open("garden").epoch);
    expect(epochs.size).toBe(3);
  });

  it("is forgotten when it has been empty for long, counted from when the last one was gone", async () => {
    const { rooms, open, enter, clock } = opened();
    const garden = open("garden");
    await clock.advance(roomEmptyMs - 1);
    const ann = await enter("ann", garden);
    await clock.advance(2 * roomEmptyMs);
    expect(rooms.get("garden")).toBe(garden);
    await ann.leave("lost");
    await clock.advance(graceMs + roomEmptyMs - 1);
    expect(rooms.get("garden")).toBe(garden);
    await clock.advance(1);
    expect(rooms.get("garden")).toBeUndefined();
    expect(await garden.enter(user("bob"), asNew)).toEqual({ kind: "closed" });
    expect(clock.timers).toBe(0);
  });

  it("that failed is opened anew, and its failure logged", async () => {
    const { rooms, open, enter, clock, log } = opened();
    const lobby = open(LOBBY);
    await enter("ann", lobby);
    await lobby.leave(user("nobody"), "left");
    await clock.settle();
    expect(log.join()).toContain("someone left a room they were not in");
    expect(rooms.get(LOBBY)).toBeUndefined();
    expect(open(LOBBY)).not.toBe(lobby);
  });
});

describe("a room that looks like another", () => {
  it.each([
    ["coco", "сосо"], // the second is Cyrillic
    ["coco", "c0c0"],
    ["will", "vvill"],
    ["room-a", "room_a"],
    ["a-b", "a--b"],
    ["admin", "adᴍin"],
  ])("is not opened: %s, and %s", (first, second) => {
    for (const [name, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const { rooms, open } = opened();
      open(name);
      expect(rooms.lookalike(other)).toBe(name);
      expect(() => open(other)).toThrow("looks like another");
      expect(rooms.lookalike(name)).toBeUndefined();
      expect(rooms.get(other)).toBeUndefined();
    }
  });

  it("is not opened where it looks like the lobby, though nobody has been there yet", () => {
    const { rooms, open } = opened();
    expect(rooms.lookalike("l0bby")).toBe(LOBBY);
    expect(rooms.lookalike(LOBBY)).toBeUndefined();
    expect(open(LOBBY).name).toBe(LOBBY);
  });

  it("is opened when the other is gone", async () => {
    const { rooms, open, clock } = opened();
    open("coco");
    await clock.advance(roomEmptyMs);
    expect(rooms.lookalike("c0c0")).toBeUndefined();
    expect(open("c0c0").name).toBe("c0c0");
  });

  it("stays, where an earlier server has kept both, and no third comes", async () => {
    const saved = (name: string, epoch: string) => ({
      facts: { name, ...asPublic, openedAt: 0 },
      past: { epoch, messages: [], nonces: [], people: [], guests: [], invitationsVoidToMs: 0 },
    });
    const clock = new FakeClock();
    const store = new Store(new FakeDisk(clock).insert(), { clock, logger: pino({ enabled: false }) });
    const { rooms, open } = opened({
      kind: "saved",
      store,
      people: { store, people: [], names: [], sessions: [], seenMs: 0, voidUntilMs: 0 },
      rooms: [saved("coco", "one"), saved("c0c0", "two"), saved("l0bby", "three")],
    });
    expect(["coco", "c0c0", "l0bby"].map((name) => open(name).epoch)).toEqual(["one", "two", "three"]);
    expect(rooms.lookalike("сосо")).toBe("coco");
    expect(open(LOBBY).name).toBe(LOBBY);
  });

  it("is no digit more or less", () => {
    const { open } = opened();
    for (let n = 0; n < 200; n += 1) open(`room${n}`);
    expect(open("room").name).toBe("room");
  });
});

describe("the lobby", () => {
  it("is never private and never forgotten, however long it is empty", async () => {
    const { rooms, open, enter, clock } = opened();
    const lobby = open(LOBBY, true);
    expect(lobby.isPrivate).toBe(false);
    await (await enter("ann", lobby)).leave("left");
    await clock.advance(2 * roomEmptyMs);
    expect(rooms.get(LOBBY)).toBe(lobby);
    expect(clock.timers).toBe(0);
  });

  it("opens though there are as many rooms as there may be", async () => {
    const { open, enter } = opened();
    for (let n = 0; n < roomsMax; n += 1) await enter("ann", open(`room-${n}`));
    expect(open(LOBBY).name).toBe(LOBBY);
  });

  it("keeps more than other rooms do", async () => {
    const { open, enter, clock } = opened();
    const kept = async (room: Room) => {
      const ann = await enter("ann", room);
      const lines = Array.from({ length: 50 }, () => ann.say("x".repeat(limits.textBytesMax)));
      await clock.settle();
      await Promise.all(lines);
      return 51 - room.older(1000).first + 1;
    };
    const each = 7 * limits.textBytesMax + 512;
    expect(await kept(open(LOBBY))).toBe(Math.floor(limits.historyBytes / each));
    expect(await kept(open("garden"))).toBe(Math.floor(limits.roomHistoryBytes / each));
  });
});

describe("as many rooms as there may be", () => {
  it("give way to none, empty or not, until one has been empty for long", async () => {
    const { rooms, open, enter, clock } = opened();
    open(LOBBY);
    for (let n = 1; n < roomsMax; n += 1) await enter("ann", open(`room-${n}`));
    const empty = open("room-7");
    await empty.leave(user("ann"), "left");
    expect(rooms.open("new", asPublic)).toBe("full");
    await clock.advance(roomEmptyMs - 1);
    expect(rooms.open("new", asPublic)).toBe("full");
    expect(open("room-7")).toBe(empty);
    await clock.advance(1);
    expect(open("new").name).toBe("new");
    expect(rooms.get("room-7")).toBeUndefined();
    expect(rooms.size).toBe(roomsMax);
  });
});

describe("the rooms that somebody has opened", () => {
  const ann = user("ann").id;
  const bob = user("bob").id;

  it("are so many, as long as they are there; others' rooms and the lobby do not count", async () => {
    const { rooms, open, enter, clock } = opened();
    open(LOBBY, false, ann);
    for (let n = 1; n < roomsOpenedPerPerson; n += 1) open(`room-${n}`, false, ann);
    const stays = await enter("ann", open("last", false, ann));
    expect(rooms.open("more", { isPrivate: false, openedBy: ann })).toBe("too many");
    expect(rooms.open("more", { isPrivate: false, openedBy: bob })).toMatchObject({ openedBy: bob });
    expect(open("more", false, ann).openedBy).toBe(bob);
    await clock.advance(roomEmptyMs);
    for (let n = 1; n < roomsOpenedPerPerson; n += 1) open(`room-${n}`, false, ann);
    expect(rooms.open("another", { isPrivate: false, openedBy: ann })).toBe("too many");
    await stays.leave("left");
  });

  it("count after a restart too", async () => {
    const clock = new FakeClock();
    const disk = new FakeDisk(clock);
    const before = await InProcessServer.on(disk);
    const eve = await before.logInV2("eve");
    for (let n = 0; n < roomsOpenedPerPerson; n += 1) {
      await eve.send({ type: Type.Join, room: `room-${n}` });
      await clock.advance(200);
    }
    await before.stop();
    const after = await InProcessServer.on(disk);
    const again = await after.logInV2("eve");
    await again.send({ type: Type.Join, room: "one-more" }, { type: Type.Join, room: "room-0" });
    expect(again.take()).toMatchObject([
      {
        type: Type.Refused,
        code: "room",
        room: "one-more",
        text: expect.stringMatching(/^you have opened 20 rooms/),
      },
      { type: Type.Joined, room: "room-0" },
      {},
      {},
    ]);
  });
});

it("closing does what was accepted, and leaves no timer", async () => {
  const { rooms, open, enter, clock } = opened();
  const ann = await enter("ann", open(LOBBY));
  const bob = await enter("bob", open("garden"));
  bob.typing();
  await clock.settle();
  open("empty");
  const said = ann.say("last words");
  await bob.leave("lost");
  const closed = rooms.close();
  expect(rooms.open("new", asPublic)).toBe("closed");
  await closed;
  expect(await said).toMatchObject({ kind: "done" });
  expect(await ann.say("too late")).toEqual({ kind: "closed" });
  expect(clock.timers).toBe(0);
  await clock.advance(roomEmptyMs + graceMs + presenceEveryMs);
  expect(rooms.get(LOBBY)).toBeUndefined();
});

import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { Type } from "../../src/protocol/v2.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

const room = "garden";

async function open(env: Record<string, string> = {}) {
  const disk = new FakeDisk(new FakeClock());
  const house = await InProcessServer.on(disk, env);
  const restart = (other = env): Promise<InProcessServer> => {
    disk.pullOut({ written: false });
    return InProcessServer.on(disk, other);
  };
  return { disk, house, clock: disk.clock, restart };
}

async function join(house: InProcessServer, name: string, how: object = {}): Promise<InProcessClientV2> {
  const visitor = await house.logInV2(name);
  await visitor.send({ type: Type.Join, room, ...how });
  return visitor;
}

async function say(visitor: InProcessClientV2, ...texts: string[]): Promise<void> {
  await visitor.send(...texts.map((text) => ({ type: Type.Text, room, text, nonce: text })));
}

const textsIn = (visitor: InProcessClientV2) => visitor.only(Type.Text).map(({ text }) => text);
const onDisk = (disk: FakeDisk, prefix = "") => [...disk.kept].filter(([key]) => key.startsWith(prefix));

/** Keys of what there is of rooms. */
const ofRooms = (disk: FakeDisk) =>
  onDisk(disk).flatMap(([key]) => (/^(room|line|nonce|person|guest)\//.test(key) ? [key] : []));

describe("after a restart", () => {
  it("a room has its log, its numbers and its epoch, and whoever was there is still there", async () => {
    const { house, clock, restart } = await open();
    const ann = await join(house, "ann");
    const [before] = ann.only(Type.Joined);
    await say(ann, "one", "two");
    const next = await restart();
    const bob = await join(next, "bob");
    const [after, ...entries] = bob.take().filter(({ type }) => type !== Type.Presence);
    expect(after).toMatchObject({ type: Type.Joined, epoch: before?.epoch, first: 1, last: 4 });
    expect(entries.map((entry) => ("seq" in entry ? entry.seq : entry.type))).toEqual([1, 2, 3, 4]);
    await clock.advance(limits.graceMs - 1);
    expect(bob.only(Type.Departed)).toEqual([]);
    await clock.advance(1);
    expect(bob.only(Type.Departed)).toMatchObject([{ seq: 5, user: { name: "ann" } }]);
  });

  it("nobody hears of those who come back in time", async () => {
    const { house, clock, restart } = await open();
    const ann = await join(house, "ann");
    const [joined] = ann.only(Type.Joined);
    const since = { epoch: joined?.epoch ?? "", seq: 1 };
    const again = await join(await restart(), "ann", { since });
    await clock.advance(2 * limits.graceMs);
    expect(again.take().filter(({ type }) => type === Type.Entered || type === Type.Departed)).toEqual([]);
  });

  it("a private room is private, and lets those in who were let in before", async () => {
    const { house, restart } = await open();
    const ann = await join(house, "ann", { private: true });
    await ann.send({ type: Type.Invite, room });
    const [invitation] = ann.only(Type.Invite);
    await join(house, "bob", { invite: invitation?.text });
    const next = await restart();
    for (const name of ["ann", "bob"]) {
      expect((await join(next, name)).only(Type.Joined)).toMatchObject([{ private: true }]);
    }
    expect((await join(next, "cid")).only(Type.Refused)).toMatchObject([{ code: "invite" }]);
    expect((await join(next, "dan", { invite: invitation?.text })).only(Type.Joined)).toHaveLength(1);
  });

  it("invitations that were voided or used are so after a restart", async () => {
    const { house, restart } = await open();
    const ann = await join(house, "ann", { private: true });
    await ann.send({ type: Type.Invite, room, uses: 1 });
    const [one] = ann.only(Type.Invite);
    await join(house, "bob", { invite: one?.text });
    const next = await restart();
    expect((await join(next, "cid", { invite: one?.text })).only(Type.Refused)).toMatchObject([
      { code: "invite" },
    ]);
    const again = await join(next, "ann");
    await again.send({ type: Type.Invite, room });
    const [any] = again.only(Type.Invite);
    await again.send({ type: Type.VoidInvites, room });
    expect(again.only(Type.VoidInvites)).toHaveLength(1);
    const last = await restart();
    expect((await join(last, "cid", { invite: any?.text })).only(Type.Refused)).toMatchObject([
      { code: "invite" },
    ]);
    expect((await join(last, "bob")).only(Type.Joined)).toHaveLength(1);
  });

  it.each([
    ["less", "10"],
    ["more", "40"],
  ])("with %s history it has as much as it may, and nothing else on the disk", async (_, history) => {
    const { disk, house, restart } = await open({ PLUME_HISTORY: "20", PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await join(house, "ann");
    await say(ann, ...Array.from({ length: 18 }, (_, n) => `${n}`));
    const next = await restart({ PLUME_HISTORY: history, PLUME_MESSAGES_PER_SECOND: "0" });
    const bob = await join(next, "bob");
    const texts = textsIn(bob);
    expect(texts.at(-1)).toBe("17");
    expect(texts.length).toBe(Math.min(18, Number(history) - 1));
    await say(bob, "more", "and more");
    expect(onDisk(disk, "line/").length).toBeLessThanOrEqual(Number(history) + 1);
  });

  it("a name is its owner's until nobody has used it for long, also over restarts", async () => {
    const { house, clock, restart, disk } = await open();
    await (await house.logInV2("ann")).vanish();
    const enter = async (house: InProcessServer, email: string) => {
      const visitor = house.connectV2();
      await visitor.send({ type: Type.Auth, text: house.token("Ann", email) });
      return visitor.take()[0]?.type;
    };
    const minute = 60_000;
    /** The server runs for so long, stops within a minute, and starts again. */
    const runFor = async (running: InProcessServer, ms: number) => {
      clock.skip(ms);
      await running.stop();
      return restart();
    };
    const second = await runFor(house, limits.nameUnusedMs - minute);
    expect(await enter(second, "eve@example.org")).toBe(Type.MayNotEnter);
    const third = await runFor(second, limits.nameUseSavedMs + minute);
    expect(await enter(third, "eve@example.org")).toBe(Type.AuthAck);
    expect(onDisk(disk, "name/")).toHaveLength(1);
    expect(await enter(await restart(), "ann@example.org")).toBe(Type.MayNotEnter);
  });

  it("a name in use is written at most once a day", async () => {
    const { house, clock, disk } = await open();
    await house.logInV2("ann");
    const written = new Set(onDisk(disk, "name/").map(([, value]) => value));
    for (let hour = 0; hour < 48; hour += 1) {
      await (await house.logInV2("ann")).vanish();
      await clock.advance(3_600_000);
      for (const [, value] of onDisk(disk, "name/")) written.add(value);
    }
    expect(written.size).toBeLessThanOrEqual(3);
  });
});

describe("on the disk", () => {
  it("there is nothing of a text that was taken back, nor of its edits", async () => {
    const { disk, house, restart } = await open();
    const ann = await join(house, "ann");
    await say(ann, "hush");
    await ann.send({ type: Type.Edit, room, of: 2, text: "hush hush", nonce: "edit" });
    expect(JSON.stringify(onDisk(disk, "line/"))).toContain("hush hush");
    await ann.send({ type: Type.Delete, room, of: 2, nonce: "delete" });
    expect(JSON.stringify(onDisk(disk, "line/"))).not.toContain("hush");
    const bob = await join(await restart(), "bob");
    expect(bob.only(Type.Text)).toMatchObject([{ seq: 2, text: "", deleted: true }]);
  });

  it("there is nothing of a room that was empty for too long", async () => {
    const { disk, house, clock } = await open();
    const ann = await join(house, "ann", { private: true });
    await say(ann, "hello");
    await ann.send({ type: Type.Leave, room });
    await clock.advance(limits.roomEmptyMs - 1);
    expect(ofRooms(disk)).not.toEqual([]);
    await clock.advance(1);
    expect(ofRooms(disk)).toEqual([]);
  });

  it("there are no more nonces than are remembered", async () => {
    const { disk, house } = await open({ PLUME_MESSAGES_PER_SECOND: "0", PLUME_HISTORY: "10" });
    const ann = await join(house, "ann");
    for (let n = 0; n < limits.nonces + 200; n += 50) {
      await say(ann, ...Array.from({ length: 50 }, (_, i) => `${n + i}`));
    }
    expect(onDisk(disk, "nonce/").length).toBeGreaterThanOrEqual(limits.nonces);
    expect(onDisk(disk, "nonce/").length).toBeLessThanOrEqual(limits.nonces + 1);
  });
});

describe("a disk that cannot be written", () => {
  it("has posts refused with the time to wait, lets people come and read, and takes them again by itself", async () => {
    const { disk, house, clock, restart } = await open();
    const ann = await join(house, "ann");
    const bob = await house.logInV2("bob");
    await say(ann, "before");
    ann.take();
    disk.isFull = true;
    await say(ann, "lost");
    expect(ann.only(Type.Refused)).toEqual([
      {
        type: Type.Refused,
        code: "busy",
        text: "the server cannot save messages now, try again in 2 s",
        room,
        nonce: "lost",
        retryAfterMs: limits.saveRetryMs,
      },
    ]);
    await bob.send({ type: Type.Join, room });
    expect(textsIn(bob)).toEqual(["before"]);
    disk.isFull = false;
    await clock.advance(limits.saveRetryMs);
    await say(ann, "lost");
    expect(ann.only(Type.Ack)).toMatchObject([{ nonce: "lost", seq: 3 }]);
    expect(textsIn(bob)).toEqual(["lost"]);
    expect(onDisk(disk, "person/")).toHaveLength(2); // bob too, who came while it was full
    const cid = await join(await restart(), "cid");
    expect(textsIn(cid)).toEqual(["before", "lost"]);
  });

  it("has a line of version 1 given back, and a new name told to come later", async () => {
    const { disk, house } = await open();
    const ann = await house.enter("ann");
    disk.isFull = true;
    await ann.send(MessageType.Text, "hello");
    expect(ann.heard()).toEqual([
      "plumebot: not sent: the server cannot save messages now, try again in 2 s",
    ]);
    const bob = house.connect();
    await bob.send(MessageType.Auth, house.token("bob"));
    expect(bob.goodbye).toMatchObject({ code: 1013, retry: "later" });
    expect((await house.enter("ann")).goodbye).toBeUndefined();
  });
});

describe("a disk that was changed from outside", () => {
  it.each<[what: string, change: (kept: Map<string, string>, keys: string[]) => void, says: RegExp]>([
    [
      "a line in the middle is gone",
      (kept, [, second = ""]) => kept.delete(second),
      /what comes before .*3" is gone/,
    ],
    [
      "a line is no line",
      (kept, [first = ""]) => kept.set(first, '{"kind":"text"}'),
      /1" cannot be understood/,
    ],
    ["a line is cut", (kept, [first = ""]) => kept.set(first, '{"kind":'), /1" cannot be understood/],
    ["there is something strange", (kept) => kept.set("zebra", "{}"), /under "zebra" cannot be understood/],
  ])("is not taken when %s", async (_, change, says) => {
    const { disk, house, restart } = await open();
    await say(await join(house, "ann"), "one", "two");
    change(
      disk.kept,
      onDisk(disk, "line/").map(([key]) => key),
    );
    await expect(restart()).rejects.toThrow(says);
  });

  it("is cleared of what belongs to no room", async () => {
    const { disk, house, clock, restart } = await open();
    await say(await join(house, "ann"), "one");
    for (const [key] of onDisk(disk, "room/")) disk.kept.delete(key);
    const next = await restart();
    await clock.settle();
    expect(ofRooms(disk)).toEqual([]);
    expect(onDisk(disk, "name/")).toHaveLength(1);
    expect((await join(next, "bob")).only(Type.Joined)).toMatchObject([{ last: 1 }]);
  });
});

it("nobody hears a line before it is saved", async () => {
  const { disk, house, clock } = await open();
  const ann = await join(house, "ann");
  const bob = await join(house, "bob");
  disk.delayMs = 50;
  await say(ann, "hello");
  await clock.advance(49);
  expect([...textsIn(bob), ...ann.only(Type.Ack)]).toEqual([]);
  await clock.advance(1);
  expect([...textsIn(bob), ...ann.only(Type.Ack)]).toMatchObject(["hello", { nonce: "hello" }]);
});

it("without a state directory nothing waits for a disk, and a restart begins anew", async () => {
  const house = new InProcessServer();
  const ann = await join(house, "ann");
  const [before] = ann.only(Type.Joined);
  const next = await join(new InProcessServer(), "ann");
  expect(next.only(Type.Joined)[0]?.epoch).not.toBe(before?.epoch);
});

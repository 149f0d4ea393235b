import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { encodeFrame, Type } from "../../src/protocol/v2.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

const { roomsOpenedPerPerson, roomsOpenedPerPeerPerDay, roomsMax, roomsPerPerson, connectionsPerPerson } =
  limits;
/** So that only quotas count. */
const fast = { PLUME_MESSAGES_PER_SECOND: "0" };
const home = "127.0.0.1";

function join(room: string) {
  return { type: Type.Join, room } as const;
}

function joinPrivate(room: string) {
  return { ...join(room), private: true } as const;
}

/** What came of the Joins: names of rooms, and why not. */
function outcomes(client: InProcessClientV2): string[] {
  return client.take().flatMap((message) => {
    if (message.type === Type.Joined) return [message.room];
    return message.type === Type.Refused ? [`${message.code}: ${message.text}`] : [];
  });
}

describe("a room that is empty", () => {
  it("A1: keeps its history, its guests and its privacy, though somebody opens and leaves 1,005 rooms on several sockets", async () => {
    const house = new InProcessServer(fast);
    const ann = await house.logInV2("ann");
    await ann.send(joinPrivate("secret"));
    const [joined] = ann.only(Type.Joined);
    await ann.send({ type: Type.Text, room: "secret", text: "only for us", nonce: "1" });
    await ann.vanish();
    await house.clock.advance(limits.graceMs);
    const sockets = [];
    for (let n = 0; n < 6; n += 1) sockets.push(await house.logInV2("eve", undefined, home));
    for (let n = 0; n < 1005; n += 1) {
      const room = `eve-${n}`;
      await sockets[n % 6]?.send(join(room), { type: Type.Leave, room });
    }
    expect(house.server.stats().rooms).toBe(1 + roomsOpenedPerPerson);
    const [eve] = sockets;
    eve?.take();
    await eve?.send(join("one-more"), join("secret"), joinPrivate("secret"));
    expect(outcomes(eve ?? ann)).toEqual([
      "room: you have opened 20 rooms that are still there, which is the limit; use one of them, or wait until one has been empty for 24 hours",
      expect.stringMatching(/^invite: this room is private/),
      expect.stringMatching(/^invite: this room is private/),
    ]);
    const again = await house.logInV2("ann");
    await again.send({ ...joinPrivate("secret"), since: { epoch: joined?.epoch ?? "", seq: 1 } });
    const heard = again.take();
    expect(heard[0]).toMatchObject({ type: Type.Joined, epoch: joined?.epoch, private: true });
    expect(heard).toContainEqual(expect.objectContaining({ type: Type.Text, text: "only for us" }));
  });

  it("stays at the most rooms there may be, and the newcomer is refused, who can still join those", async () => {
    const house = new InProcessServer(fast);
    for (let n = 0; n < roomsMax; n += 1) {
      const person = await house.logInV2(`person-${Math.floor(n / roomsOpenedPerPerson)}`, undefined, home);
      await person.send(join(`room-${n}`), { type: Type.Leave, room: `room-${n}` });
      await person.vanish();
    }
    const ann = await house.logInV2("ann");
    await ann.send(join("new"), join("room-0"), join("lobby"));
    expect(outcomes(ann)).toEqual([
      "room: there are 1000 rooms, which is the limit; join one of them",
      "room-0",
      "lobby",
    ]);
  });
});

describe("rooms that are opened from one network address", () => {
  it("are so many in a day, whoever opens them; rooms that are there can be joined, and others open theirs", async () => {
    const house = new InProcessServer(fast);
    const people = [];
    for (let n = 0; n * roomsOpenedPerPerson <= roomsOpenedPerPeerPerDay; n += 1)
      people.push(await house.logInV2(`person-${n}`));
    for (let n = 0; n < roomsOpenedPerPeerPerDay; n += 1) {
      const person = people[Math.floor(n / roomsOpenedPerPerson)];
      await person?.send(join(`room-${n}`), { type: Type.Leave, room: `room-${n}` });
    }
    const late = people.at(-1) ?? (await house.logInV2("late"));
    await late.send(join("new"), join("room-1"), join("lobby"));
    expect(late.take().filter(({ type }) => type === Type.Refused || type === Type.Joined)).toMatchObject([
      {
        code: "room",
        text: "60 rooms a day can be opened from your network address; join one that is there, try again in 24 min",
        retryAfterMs: 24 * 60_000,
      },
      { room: "room-1" },
      { room: "lobby" },
    ]);
    const elsewhere = await house.logInV2("bob", undefined, "192.0.2.2");
    const here = await house.logInV2("cleo", undefined, home);
    await elsewhere.send(join("bobs"));
    await here.send(join("cleos"));
    expect([outcomes(elsewhere), outcomes(here)]).toEqual([["bobs"], ["cleos"]]);
    await house.clock.advance(24 * 60_000);
    await late.send(join("new"));
    expect(outcomes(late)).toEqual(["new"]);
  });
});

describe("the rooms that a person is in", () => {
  it("are so many over all connections, each counted once, however many Joins come at once", async () => {
    const house = new InProcessServer(fast);
    const owner = async (n: number) => house.logInV2(`owner-${n}`, undefined, home);
    const names = Array.from({ length: roomsPerPerson + 10 }, (_, n) => `room-${n}`);
    for (let n = 0; n < names.length; n += 10) {
      const opener = await owner(n);
      for (const name of names.slice(n, n + 10)) await opener.send(join(name));
    }
    const sockets = [];
    for (let n = 0; n < 6; n += 1) sockets.push(await house.logInV2("eve"));
    const sent = sockets.map((socket, n) =>
      socket.sendRaw(encodeFrame(names.slice(10 * n, 10 * n + 10).map(join))),
    );
    await Promise.all(sent);
    const all = sockets.flatMap(outcomes);
    expect(all.filter((outcome) => outcome.startsWith("room-"))).toHaveLength(roomsPerPerson);
    const refusals = all.filter((outcome) => !outcome.startsWith("room-"));
    expect(new Set(refusals)).toEqual(
      new Set(["room: you are in 50 rooms on all your connections, which is the limit; leave one first"]),
    );
    const [first, second] = sockets;
    const isIn = all.find((outcome) => outcome.startsWith("room-")) ?? "";
    await second?.send(join(isIn));
    await first?.send({ type: Type.Leave, room: isIn });
    await second?.send({ type: Type.Leave, room: isIn });
    second?.take();
    const missed = names.find((name) => !all.includes(name)) ?? "";
    await second?.send(join(missed), join(isIn));
    expect(outcomes(second ?? (await owner(99)))).toEqual([missed, refusals[0]]);
  });
});

describe("the connections of a person", () => {
  it("are so many, of both versions: over it the oldest is closed with 4011, one for each that comes", async () => {
    const house = new InProcessServer(fast);
    const other = await house.logInV2("ann");
    const first = await house.enter("eve");
    const second = await house.logInV2("eve");
    const more = [];
    for (let n = 2; n < connectionsPerPerson; n += 1) more.push(house.connectV2());
    await Promise.all(more.map((client) => client.send({ type: Type.Auth, text: house.token("eve") })));
    expect([first.goodbye, second.goodbye]).toEqual([undefined, undefined]);
    const newest = house.connect();
    const last = house.connect();
    await Promise.all([newest, last].map((client) => client.send(MessageType.Auth, house.token("eve"))));
    expect([first, second].map((client) => client.goodbye)).toMatchObject([
      { code: 4011, reason: "you have too many connections: this was the oldest", retry: "never" },
      { code: 4011 },
    ]);
    expect([...more, newest, last, other].filter(({ goodbye }) => goodbye !== undefined)).toEqual([]);
    expect(newest.heard()[0]).toBe("AuthAck: eve");
    expect(house.server.connections).toBe(connectionsPerPerson + 1);
  });

  it("leave a place where one is closed or taken over by its tab", async () => {
    const house = new InProcessServer(fast);
    const first = await house.logInV2("eve");
    for (let n = 2; n < connectionsPerPerson; n += 1) await house.logInV2("eve");
    const tab = await house.logInV2("eve", "tab");
    const again = await house.logInV2("eve", "tab");
    expect([tab.goodbye?.code, first.goodbye]).toEqual([4009, undefined]);
    await again.vanish();
    await house.logInV2("eve");
    expect(first.goodbye).toBeUndefined();
  });
});

describe("a private room", () => {
  it.each(["open", "lobby"])(
    "is none that is open to all: %s is refused to whoever takes it for private",
    async (room) => {
      const house = new InProcessServer(fast);
      const eve = await house.logInV2("eve");
      if (room !== "lobby") await eve.send(join(room));
      const ann = await house.logInV2("ann");
      await ann.send(joinPrivate(room), { ...joinPrivate(room), since: { epoch: "before", seq: 7 } });
      expect(outcomes(ann)).toEqual(
        Array(2).fill(
          "room: this room is open to everybody; join it without asking for a private one, or choose another name",
        ),
      );
      await ann.send(join(room));
      expect(outcomes(ann)).toEqual([room]);
    },
  );

  it("that is gone is opened anew as a private one by whoever takes it for one, who is told the new epoch", async () => {
    const house = new InProcessServer(fast);
    const ann = await house.logInV2("ann");
    await ann.send({ ...joinPrivate("secret"), invite: "1.gone", since: { epoch: "before", seq: 7 } });
    const [joined] = ann.only(Type.Joined);
    expect(joined).toMatchObject({ private: true, from: 0 });
    expect(joined?.epoch).not.toBe("before");
    const bob = await house.logInV2("bob");
    await bob.send({ ...join("public"), since: { epoch: "before", seq: 7 } });
    expect(bob.only(Type.Joined)).toMatchObject([{ private: false, from: 0 }]);
  });

  it("that is gone is not opened, and one that is open now not entered, with an invitation to it", async () => {
    const house = new InProcessServer(fast);
    const ann = await house.logInV2("ann");
    await ann.send(joinPrivate("secret"), { type: Type.Invite, room: "secret" });
    const invite = ann.only(Type.Invite)[0]?.text ?? "";
    await ann.send({ type: Type.Leave, room: "secret" });
    await house.clock.advance(limits.roomEmptyMs);
    const bob = await house.logInV2("bob");
    await bob.send({ ...join("secret"), invite });
    const gone = "invite: the room that this invitation was for is not there any more; ask for another";
    expect(outcomes(bob)).toEqual([gone]);
    expect(house.server.stats().rooms).toBe(0);
    const eve = await house.logInV2("eve");
    await eve.send(join("secret"));
    await bob.send({ ...join("secret"), invite });
    expect(outcomes(bob)).toEqual([gone]);
  });

  it("is not needed for an invitation: one to a room that is open lets in, expired or not", async () => {
    const house = new InProcessServer(fast);
    const ann = await house.logInV2("ann");
    await ann.send(join("open"), { type: Type.Invite, room: "open" });
    const invite = ann.only(Type.Invite)[0]?.text ?? "";
    for (const waitMs of [0, limits.inviteValidMs]) {
      await house.clock.advance(waitMs);
      const bob = await house.logInV2("bob");
      await bob.send({ ...join("open"), invite });
      expect(outcomes(bob)).toEqual(["open"]);
    }
  });
});

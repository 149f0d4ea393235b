import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import type { PersonId } from "../../src/people/user.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { type ClientMessageV2, encodeFrame, Type } from "../../src/protocol/v2.ts";
import { Accounts, type Pace } from "../../src/server/accounts.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

const { messageBurst, messagesPerSecond, peoplePerPeer, answeredByteBurst, answeredBytesPerSecond } = limits;
const unlimited = { PLUME_MESSAGES_PER_SECOND: "0" };
/** So that only bytes count. */
const fast = { PLUME_MESSAGES_PER_SECOND: "10000", PLUME_MESSAGE_BURST: "100000" };
const room = "lobby";
const join = { type: Type.Join, room } as const;

let nonces = 0;
function line(text = "hello", of = room): ClientMessageV2 {
  nonces += 1;
  return { type: Type.Text, room: of, text, nonce: `n${nonces}` };
}

/** Sockets of one person, each of which is logged in. */
async function socketsOf(house: InProcessServer, name: string, count: number): Promise<InProcessClientV2[]> {
  const sockets = [];
  for (let n = 0; n < count; n += 1) sockets.push(await house.logInV2(name));
  return sockets;
}

/** Fills a room with as much as it keeps, from nobody's account. */
async function fill(house: InProcessServer, name: string, lines: number): Promise<void> {
  const writer = await house.logInV2("writer");
  await writer.send({ type: Type.Join, room: name });
  for (let n = 0; n < lines; n += 1) await writer.send(line("\u0001".repeat(limits.textBytesMax / 2), name));
  await writer.send({ type: Type.Leave, room: name });
  await writer.vanish();
}

function refusalsIn(client: InProcessClientV2) {
  return client.only(Type.Refused);
}

describe("the pace of a person", () => {
  it("is one for all their sockets, in both versions, and the refusal says so and when to come again", async () => {
    const house = new InProcessServer();
    const [one, two] = await socketsOf(house, "ann", 2);
    const old = await house.enter("ann");
    await one?.send(join);
    await two?.send(join);
    await house.clock.advance(60_000);
    for (let n = 0; n < messageBurst / 2; n += 1) await one?.send(line());
    for (let n = 0; n < messageBurst / 2; n += 1) await old.send(MessageType.Text, "hello");
    two?.take();
    old.take();
    await two?.send(line());
    await old.send(MessageType.Text, "more");
    const text =
      "too many messages on all your connections together (10 a second are allowed), try again in 1 s";
    expect(two?.take()).toMatchObject([{ type: Type.Refused, code: "too-fast", text, retryAfterMs: 100 }]);
    expect(old.heard()).toEqual([`plumebot: not sent: ${text}`]);
    await house.clock.advance(100);
    await two?.send(line());
    expect(two?.only(Type.Ack)).toHaveLength(1);
    expect(house.server.counters.tooFast.entries()).toEqual([["person", 2]]);
  });

  it("is not given anew to whoever comes back", async () => {
    const house = new InProcessServer();
    const ann = await house.logInV2("ann");
    await ann.send(join);
    await house.clock.advance(60_000);
    for (let n = 0; n < messageBurst; n += 1) await ann.send(line());
    await ann.vanish();
    const again = await house.logInV2("ann");
    await again.send(join);
    expect(refusalsIn(again)).toMatchObject([{ code: "too-fast" }]);
  });

  it("counts what comes in one frame with the token, however often they connect", async () => {
    const house = new InProcessServer();
    const sockets = Array.from({ length: 10 }, () => house.connectV2());
    const auth = { type: Type.Auth, text: house.token("eve") } as const;
    for (const socket of sockets)
      await socket.sendRaw(encodeFrame([auth, join, ...Array.from({ length: 18 }, () => line())]));
    const heard = sockets.map((socket) => socket.take());
    const done = heard.flat().filter(({ type }) => type === Type.Joined || type === Type.Ack);
    expect(done).toHaveLength(messageBurst);
    expect(heard.every(([first]) => first?.type === Type.AuthAck)).toBe(true);
    expect(house.server.counters.tooFast.entries()).toEqual([["person", 10 * 19 - messageBurst]]);
  });

  it("counts what they send in bytes too", async () => {
    const house = new InProcessServer();
    const sockets = await socketsOf(house, "ann", 6);
    for (const socket of sockets) await socket.send(join);
    await house.clock.advance(60_000);
    for (const socket of sockets) socket.take();
    for (const socket of sockets) await socket.send(line("x".repeat(60_000)));
    expect(sockets.flatMap(refusalsIn)).toMatchObject([
      { text: expect.stringMatching(/^too much text on all your connections together \(64 KiB a second/) },
      { code: "too-fast" },
    ]);
  });

  it("A7: one token on 100 sockets says no more than one may, and the lobby keeps what others said", async () => {
    const house = new InProcessServer();
    const ann = await house.logInV2("ann", undefined, "192.0.2.2");
    await ann.send(join, line("still there"));
    const sockets = await socketsOf(house, "eve", 100);
    for (let ms = 0; ms < 1000; ms += 100) {
      for (const [n, socket] of sockets.entries()) {
        if (ms === 0 && n < messageBurst) await socket.send(join);
        else await socket.send(line(), line());
      }
      await house.clock.advance(100);
    }
    ann.take();
    await ann.send({ type: Type.Older, room, before: 1000 });
    const [history] = ann.only(Type.History);
    const said = history?.entries.filter(({ type }) => type === Type.Text) ?? [];
    expect(said[0]).toMatchObject({ text: "still there" });
    expect(said.length).toBeLessThanOrEqual(1 + messageBurst + messagesPerSecond);
    expect(house.server.counters.tooFast.of("person")).toBeGreaterThan(500);
  });
});

describe("what a person is answered", () => {
  const lobbyLines = 40;

  it("A7: is bounded in bytes, on however many sockets they come and go", async () => {
    const house = new InProcessServer();
    const filling = await house.logInV2("ann", undefined, "192.0.2.2");
    await filling.send(join);
    for (let n = 0; n < 40; n += 1) {
      await filling.send(line("\u0001".repeat(30_000)));
      await house.clock.advance((500 * 30_000 * 6) / limits.bytesPerSecond);
    }
    await house.clock.advance(60_000);
    const sockets = await socketsOf(house, "eve", 30);
    const stays = await house.logInV2("eve"); // so that nobody hears of the others' coming and going
    await stays.send(join);
    await house.clock.advance(60_000);
    const before = sockets.reduce((bytes, socket) => bytes + socket.bytes, 0);
    const seconds = 6;
    for (let ms = 0; ms < 1000 * seconds; ms += 200) {
      for (const socket of sockets) await socket.send(join, { type: Type.Leave, room });
      await house.clock.advance(200);
    }
    const bytes = sockets.reduce((sum, socket) => sum + socket.bytes, 0) - before;
    const oneMore = limits.historyBytes;
    expect(bytes).toBeLessThan(answeredByteBurst + seconds * answeredBytesPerSecond + oneMore);
  });

  it("is owed where an answer was larger than what was left; until then all that asks for much waits, and lines do not", async () => {
    const house = new InProcessServer(fast);
    const writer = await house.logInV2("ann", undefined, "192.0.2.2");
    await writer.send(join);
    for (let n = 0; n < lobbyLines; n += 1) {
      await writer.send(line("x".repeat(60_000)));
      await house.clock.advance(1000);
    }
    const eve = await house.logInV2("eve");
    const tab = await house.logInV2("eve");
    await eve.send(join);
    await house.clock.advance(60_000);
    eve.take();
    const older = { type: Type.Older, room, before: 1000 } as const;
    // All in one frame, for each is charged before the next.
    const frame = JSON.stringify(Array.from({ length: 45 }, () => older));
    await eve.sendRaw(frame);
    const answers = eve.take();
    const histories = answers.filter((message) => message.type === Type.History);
    const given = histories.length;
    const texts = histories[0]?.entries.map((entry) => ("text" in entry ? entry.text : "")) ?? [];
    const each = texts.reduce((bytes, text) => bytes + 7 * text.length + 512, 0);
    expect(given).toBe(Math.ceil(answeredByteBurst / each));
    const [refused] = answers.filter((message) => message.type === Type.Refused);
    expect(refused).toMatchObject({
      code: "too-fast",
      text: expect.stringMatching(
        /^too much history was asked for on all your connections together \(1024 KiB a second are allowed\), try again in \d+ s$/,
      ),
    });
    await tab.send({ type: Type.Sessions }, { type: Type.EndSession, session: "none" }, join, older);
    expect(refusalsIn(tab).map(({ code }) => code)).toEqual(Array(4).fill("too-fast"));
    await eve.send(line());
    expect(eve.only(Type.Ack)).toHaveLength(1);
    const again = await house.logInV2("eve", undefined, "192.0.2.3");
    await again.send(join);
    expect(refusalsIn(again)).toHaveLength(1);
    const retryAfterMs = refused?.type === Type.Refused ? (refused.retryAfterMs ?? 0) : 0;
    expect(retryAfterMs).toBe(
      Math.ceil(((given * each - answeredByteBurst + 1) * 1000) / answeredBytesPerSecond),
    );
    await house.clock.advance(retryAfterMs);
    await again.send(join);
    expect(again.only(Type.Joined)).toHaveLength(1);
  });

  it("is enough for whoever comes back after a restart to all rooms, and has missed all that each keeps", async () => {
    const clock = new FakeClock();
    const disk = new FakeDisk(clock);
    const before = await InProcessServer.on(disk, unlimited);
    const rooms = [room, ...Array.from({ length: limits.roomsPerConnection - 1 }, (_, n) => `room-${n}`)];
    for (const [n, name] of rooms.entries()) await fill(before, name, n === 0 ? 40 : 5);
    await before.stop();
    const after = await InProcessServer.on(disk);
    const ann = await after.logInV2("ann");
    await clock.advance(100);
    await ann.sendRaw(encodeFrame(rooms.map((name) => ({ type: Type.Join, room: name }))));
    const epochs = ann.only(Type.Joined).map(({ room: name, epoch }) => [name, epoch]);
    expect(epochs).toHaveLength(rooms.length);
    await ann.vanish();
    await clock.advance(60_000);
    const again = await after.logInV2("ann");
    await clock.advance(100);
    const since = (epoch = "") => ({ epoch, seq: 0 });
    await again.sendRaw(
      encodeFrame(epochs.map(([name = "", epoch]) => ({ type: Type.Join, room: name, since: since(epoch) }))),
    );
    const heard = again.take();
    expect(heard.filter(({ type }) => type === Type.Joined)).toHaveLength(rooms.length);
    expect(heard.filter(({ type }) => type === Type.Refused)).toEqual([]);
  });

  it("is given back where nothing was answered", async () => {
    const house = new InProcessServer(fast);
    const ann = await house.logInV2("ann", undefined, "192.0.2.2");
    await ann.send({ type: Type.Join, room: "secret", private: true });
    for (let n = 0; n < 3; n += 1) await ann.send(line("x".repeat(60_000), "secret"));
    const eve = await house.logInV2("eve");
    for (let n = 0; n < 100; n += 1) await eve.send({ type: Type.Join, room: "secret" });
    expect(new Set(eve.take().map((message) => message.type === Type.Refused && message.code))).toEqual(
      new Set(["invite"]),
    );
  });
});

describe("the pace of a network address", () => {
  it("is that of 30 people, whoever they are, logged in or not, and counts for no other", async () => {
    const house = new InProcessServer();
    const garbage = Array.from({ length: messageBurst }, () => ({ type: Type.Sessions }) as const);
    const visitors = Array.from({ length: peoplePerPeer }, () => house.connectV2());
    for (const visitor of visitors) await visitor.send(...garbage);
    expect(visitors.flatMap(refusalsIn).every(({ code }) => code === "login")).toBe(true);
    const late = house.connectV2();
    const elsewhere = house.connectV2("192.0.2.2");
    for (const visitor of [late, elsewhere])
      await visitor.send({ type: Type.Auth, text: house.token("ann") });
    expect(refusalsIn(late)).toMatchObject([
      {
        code: "too-fast",
        text: "too many messages from your network address (300 a second are allowed), try again in 1 s",
      },
    ]);
    expect(elsewhere.only(Type.AuthAck)).toHaveLength(1);
    expect(house.server.counters.tooFast.entries()).toEqual([["peer", 1]]);
  });

  it.each(["127.0.0.1", "::1"])("does not bound this machine's own: %s", async (address) => {
    const house = new InProcessServer();
    const garbage = Array.from({ length: messageBurst }, () => ({ type: Type.Sessions }) as const);
    const visitors = Array.from({ length: 2 * peoplePerPeer }, () => house.connectV2(address));
    for (const visitor of visitors) await visitor.send(...garbage);
    expect(new Set(visitors.flatMap(refusalsIn).map(({ code }) => code))).toEqual(new Set(["login"]));
  });
});

it("no account bounds anything where messages are not limited", async () => {
  const house = new InProcessServer(unlimited);
  await fill(house, room, 20);
  const sockets = await socketsOf(house, "ann", 4);
  for (const socket of sockets) {
    await socket.send(join, ...Array.from({ length: 200 }, () => line()));
    for (let n = 0; n < 20; n += 1) await socket.send({ type: Type.Older, room, before: 30 });
    await socket.send(line("x".repeat(60_000)), line("x".repeat(60_000)));
    expect(refusalsIn(socket)).toEqual([]);
  }
});

describe("accounts", () => {
  const pace: Pace = { kind: "limited", perSecond: 10, burst: 20 };
  const person = (n: number) => `person-${n}` as PersonId;

  it.each([
    ["a person", 1],
    ["a network address", peoplePerPeer],
  ] as const)("of %s have what %i may do, to the message and to the byte", (holder, people) => {
    const clock = new FakeClock();
    const accounts = new Accounts(pace, 10, clock);
    const account = holder === "a person" ? accounts.ofPerson(person(1)) : accounts.ofPeer("192.0.2.1");
    const bytes = (people * limits.byteBurst) / (people * 20);
    for (let n = 0; n < people * 20; n += 1) {
      expect(account.shortage(bytes)).toBeUndefined();
      account.receive(bytes);
    }
    expect(account.shortage(0)).toEqual({
      of: "messages",
      perSecond: people * 10,
      retryAfterMs: Math.ceil(100 / people),
    });
    clock.skip(1000);
    expect(account.shortage(people * limits.bytesPerSecond)).toBeUndefined();
    expect(account.shortage(people * limits.bytesPerSecond + 1)).toMatchObject({
      of: "received",
      retryAfterMs: 1,
    });
    account.answer(people * answeredByteBurst - 1);
    expect(account.answerShortage()).toBeUndefined();
    account.answer(1);
    expect(account.answerShortage()).toMatchObject({ of: "answered", retryAfterMs: 1 });
    account.answer(-1);
    expect(account.answerShortage()).toBeUndefined();
  });

  it("are there while anything of them is used, and no longer than 10 s after", async () => {
    const clock = new FakeClock();
    const accounts = new Accounts(pace, 10, clock);
    accounts.ofPerson(person(1)).receive(100);
    accounts.ofPeer("192.0.2.1").receive(100);
    accounts.ofPerson(person(2)).answer(answeredByteBurst + 20 * answeredBytesPerSecond);
    expect(accounts.size).toBe(3);
    await clock.advance(limits.accountsTidyMs);
    expect(accounts.size).toBe(1);
    expect(accounts.ofPerson(person(2)).answerShortage()).toMatchObject({ of: "answered" });
    await clock.advance(60_000);
    expect(accounts.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it("are so many, of people and of addresses: then the one made first is forgotten", () => {
    const clock = new FakeClock();
    const accounts = new Accounts(pace, 10, clock);
    for (let n = 0; n <= 10; n += 1)
      for (let times = 0; times < 20; times += 1) accounts.ofPerson(person(n)).receive(1);
    expect(accounts.size).toBe(10);
    expect(accounts.ofPerson(person(10)).shortage(1)).toMatchObject({ of: "messages", retryAfterMs: 100 });
    expect(accounts.ofPerson(person(0)).shortage(1)).toBeUndefined();
    accounts.close();
    expect(clock.timers).toBe(0);
  });
});

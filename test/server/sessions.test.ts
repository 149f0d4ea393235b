import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

async function withDisk() {
  const disk = new FakeDisk(new FakeClock());
  const house = await InProcessServer.on(disk);
  const restart = (): Promise<InProcessServer> => {
    disk.pullOut({ written: false });
    return InProcessServer.on(disk);
  };
  return { disk, house, restart };
}

/** Logs in by mail: a session of its own. */
async function logInByMail(house: InProcessServer, name: string, email = `${name}@example.org`) {
  const client = house.connectV2();
  await client.send({ type: Type.Hello, text: `${name}\n${email}` });
  await client.send({ type: Type.Auth, text: house.lastCode() });
  const [accepted] = client.only(Type.AuthAck);
  if (accepted === undefined) throw new Error(`${name} did not get in`);
  return { client, token: accepted.text, id: accepted.user.id };
}

/** What Auth with the token is answered with. */
async function auth(house: InProcessServer, token: string): Promise<ServerMessageV2 | undefined> {
  const client = house.connectV2();
  await client.send({ type: Type.Auth, text: token });
  return client.take()[0];
}

async function sessionsOf(client: InProcessClientV2) {
  await client.send({ type: Type.Sessions });
  return client.only(Type.Sessions)[0]?.sessions ?? [];
}

const ended = { type: Type.AuthRst, code: "session-ended" };

describe("logging out", () => {
  it("ends the session on the server, in all its tabs, and no other session", async () => {
    const house = new InProcessServer();
    const { client, token } = await logInByMail(house, "ann");
    const other = await logInByMail(house, "ann");
    const tab = house.connectV2();
    await tab.send({ type: Type.Auth, text: token });
    await client.send({ type: Type.LogOut, everywhere: false });
    for (const gone of [client, tab]) expect(gone.goodbye).toMatchObject({ code: 4010, retry: "never" });
    expect(other.client.goodbye).toBeUndefined();
    expect(await auth(house, token)).toMatchObject(ended);
    expect((await auth(house, other.token))?.type).toBe(Type.AuthAck);
  });

  it("everywhere ends all sessions of the person, under whatever name, and nobody else's", async () => {
    const house = new InProcessServer();
    const { client, token } = await logInByMail(house, "ann");
    const other = await logInByMail(house, "annie", "ann@example.org");
    const eve = await logInByMail(house, "eve");
    await client.send({ type: Type.LogOut, everywhere: true });
    expect([client, other.client, eve.client].map(({ goodbye }) => goodbye?.code)).toEqual([
      ...[4010, 4010, undefined],
    ]);
    for (const one of [token, other.token]) expect(await auth(house, one)).toMatchObject(ended);
    await house.clock.advance(3_600_000); // until another mail is due
    const again = await logInByMail(house, "ann");
    expect((await auth(house, again.token))?.type).toBe(Type.AuthAck);
  });

  it("takes the person out of their rooms at once, for nobody comes back on it", async () => {
    const house = new InProcessServer();
    const { client } = await logInByMail(house, "ann");
    await client.send({ type: Type.Join, room: "lobby" });
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room: "lobby" });
    bob.take();
    await client.send({ type: Type.LogOut, everywhere: false });
    expect(bob.only(Type.Departed)).toMatchObject([{ user: { name: "ann" } }]);
  });

  it("holds in version 1, and on a connection of version 1", async () => {
    const house = new InProcessServer();
    const { client, token } = await logInByMail(house, "ann");
    const old = house.connect();
    await old.send(Type.Auth, token);
    await client.send({ type: Type.LogOut, everywhere: false });
    expect(old.goodbye?.code).toBe(4010);
    const back = house.connect();
    await back.send(Type.Auth, token);
    expect(back.heard()).toEqual(["AuthRst: this session was logged out; log in by mail"]);
  });

  it.each([false, true])("stays so over a kill and a restart (everywhere: %s)", async (everywhere) => {
    const { house, restart } = await withDisk();
    const { client, token } = await logInByMail(house, "ann");
    await client.send({ type: Type.LogOut, everywhere });
    expect(await auth(await restart(), token)).toMatchObject(ended);
  });

  it("that cannot be saved is refused with a time to wait, and has not happened", async () => {
    const { disk, house } = await withDisk();
    const { client, token } = await logInByMail(house, "ann");
    disk.isFull = true;
    for (const everywhere of [false, true]) {
      await client.send({ type: Type.LogOut, everywhere });
      expect(client.only(Type.Refused)).toMatchObject([{ code: "busy", retryAfterMs: limits.saveRetryMs }]);
    }
    expect(client.goodbye).toBeUndefined();
    disk.isFull = false;
    await house.clock.advance(limits.saveRetryMs);
    expect((await auth(house, token))?.type).toBe(Type.AuthAck);
    await client.send({ type: Type.LogOut, everywhere: false });
    expect(client.goodbye?.code).toBe(4010);
  });
});

describe("the list of sessions", () => {
  it("has each with its device, its last use and its connections, this one marked", async () => {
    const house = new InProcessServer();
    const { client } = await logInByMail(house, "ann");
    await house.clock.advance(60_000);
    const { client: other, token } = await logInByMail(house, "ann");
    const tab = house.connectV2();
    await tab.send({ type: Type.Auth, text: token });
    const sessions = await sessionsOf(other);
    expect(sessions.map(({ isThis, connections }) => [isThis, connections])).toEqual([
      [true, 2],
      [false, 1],
    ]);
    expect(new Set(sessions.map(({ device }) => device))).toEqual(new Set(["a program"]));
    const [newer, older] = sessions;
    expect((newer?.usedAt ?? 0) - (older?.usedAt ?? 0)).toBe(60_000);
    expect((await sessionsOf(client)).map(({ isThis }) => isThis)).toEqual([false, true]);
  });

  it("ends another one, which is then not in it, and whoever is on it is told", async () => {
    const house = new InProcessServer();
    const { client } = await logInByMail(house, "ann");
    const other = await logInByMail(house, "ann");
    const theirs = (await sessionsOf(client)).find(({ isThis }) => !isThis)?.session ?? "";
    await client.send({ type: Type.EndSession, session: theirs });
    expect(client.only(Type.Sessions)).toMatchObject([{ sessions: [{ isThis: true }] }]);
    expect(other.client.goodbye?.code).toBe(4010);
    expect(await auth(house, other.token)).toMatchObject(ended);
  });

  it("ends nothing of anybody else's", async () => {
    const house = new InProcessServer();
    const ann = await logInByMail(house, "ann");
    const [annsSession] = await sessionsOf(ann.client);
    const eve = await logInByMail(house, "eve");
    await eve.client.send({ type: Type.EndSession, session: annsSession?.session ?? "" });
    expect(eve.client.only(Type.Sessions)).toMatchObject([{ sessions: [{ isThis: true }] }]);
    expect(ann.client.goodbye).toBeUndefined();
    expect((await auth(house, ann.token))?.type).toBe(Type.AuthAck);
  });
});

describe("A2: somebody who has an expired name of another's", () => {
  it("has nothing of theirs: no private room, no line, no nonce", async () => {
    const { house, restart } = await withDisk();
    const room = "den";
    const bob = await logInByMail(house, "bob");
    await bob.client.send({ type: Type.Join, room, private: true });
    await bob.client.send({ type: Type.Text, room, text: "secret", nonce: "1" });
    await bob.client.send({ type: Type.Join, room: "lobby" });
    await bob.client.send({ type: Type.Text, room: "lobby", text: "mine", nonce: "1" });
    const line = bob.client.only(Type.Ack).at(-1)?.seq ?? 0;
    // Ann keeps the room from being forgotten.
    await bob.client.send({ type: Type.Invite, room });
    const [invitation] = bob.client.only(Type.Invite);
    const ann = await logInByMail(house, "ann");
    await ann.client.send({ type: Type.Join, room, invite: invitation?.text ?? "" });
    await bob.client.vanish();
    house.clock.skip(limits.nameUnusedMs + limits.nameUseSavedMs);
    await house.stop();

    const next = await restart();
    const eve = await logInByMail(next, "bob", "eve@example.org");
    expect(eve.id).not.toBe(bob.id);
    await eve.client.send({ type: Type.Join, room });
    expect(eve.client.only(Type.Refused)).toMatchObject([{ code: "invite" }]);
    await eve.client.send({ type: Type.Join, room: "lobby" });
    await eve.client.send({ type: Type.Edit, room: "lobby", of: line, text: "not mine", nonce: "2" });
    await eve.client.send({ type: Type.Delete, room: "lobby", of: line, nonce: "3" });
    expect(eve.client.only(Type.Refused).map(({ code }) => code)).toEqual(["not-yours", "not-yours"]);
    await eve.client.send({ type: Type.Text, room: "lobby", text: "my own", nonce: "1" });
    expect(eve.client.only(Type.Ack).map(({ seq }) => seq > line)).toEqual([true]);
  });
});

describe("A6: a server that starts with a wrong clock", () => {
  it.each([
    ["in 1970", () => 86_400_000],
    ["400 days ahead", (nowMs: number) => nowMs + 400 * 86_400_000],
  ])("%s, and then right again, gives nobody's name away", async (_, wrong) => {
    const { house, restart } = await withDisk();
    const { clock } = house;
    await (await logInByMail(house, "ann")).client.vanish();
    const right = clock.now();
    const taken = async (server: InProcessServer) => {
      const eve = server.connectV2();
      await eve.send({ type: Type.Auth, text: server.token("ann", "eve@example.org") });
      return eve.take()[0]?.type;
    };
    clock.setWall(wrong(right));
    const second = await restart();
    expect(await taken(second)).toBe(Type.MayNotEnter);
    await clock.advance(3 * limits.seenSavedMs);
    await second.stop();
    clock.setWall(right);
    const third = await restart();
    expect(await taken(third)).toBe(Type.MayNotEnter);
    expect((await logInByMail(third, "ann")).id).toBeDefined();
  });

  it("forgets no session that was ended", async () => {
    const { house, restart } = await withDisk();
    const { clock } = house;
    const { client, token } = await logInByMail(house, "ann");
    await client.send({ type: Type.LogOut, everywhere: false });
    const right = clock.now();
    clock.setWall(right + 400 * 86_400_000);
    const second = await restart();
    await logInByMail(second, "ann");
    await clock.advance(3 * limits.seenSavedMs);
    clock.setWall(right);
    expect(await auth(await restart(), token)).toMatchObject(ended);
  });
});

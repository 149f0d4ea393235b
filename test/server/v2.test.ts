import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

const room = "lobby";
const line = (text: string, nonce = text) => ({ type: Type.Text, room, text, nonce }) as const;

describe("version 2: logging in", () => {
  it("answers Hello, saying that the name is somebody's, whoever asks", async () => {
    const house = new InProcessServer();
    await house.logInV2("sam");
    const [owner, other] = [house.connectV2(), house.connectV2()];
    await owner.send({ type: Type.Hello, text: "sam\nsam@example.org" });
    await other.send({ type: Type.Hello, text: "sam\nother@example.org" });
    const [first, second] = [owner.take(), other.take()];
    expect(first).toEqual([
      { type: Type.HelloAck, attempt: expect.any(String), validMs: 600_000, taken: true, sentBy: "terminal" },
    ]);
    expect(second).toEqual([{ ...first[0], attempt: expect.any(String) }]);
  });

  it("says that a mail is late which the mail server does not take yet, and that none comes", async () => {
    const house = new InProcessServer({ PLUME_SMTP_URL: "smtp://localhost" });
    const [ann, old] = [house.connectV2(), house.connect("192.0.2.2")];
    house.mailResult = { kind: "failed", cause: { responseCode: 451 } };
    await ann.send({ type: Type.Hello, text: "ann\nann@example.org" });
    await old.send(Type.Hello, "old\nold@example.org");
    expect(ann.take()).toMatchObject([{ type: Type.HelloAck, sentBy: "mail" }]);
    await house.clock.advance(limits.mailLateMs);
    expect(ann.take()).toEqual([{ type: Type.MailLate, text: expect.stringMatching(/some minutes/) }]);
    expect(old.heard()).toEqual([expect.stringMatching(/^plumebot: the mail with the code is late/)]);
    const code = house.mails.find(({ name }) => name === "ann")?.code ?? "";
    house.mailResult = { kind: "broken", cause: { code: "ETLS" } };
    await house.clock.advance(limits.mailPauseMsMax);
    const refused = {
      type: Type.Refused,
      code: "mail",
      text: expect.stringMatching(/server cannot send mail now/),
    };
    expect(ann.take()).toEqual([refused]);
    await ann.send({ type: Type.Auth, text: code });
    expect(ann.take()).toMatchObject([{ type: Type.AuthAck }]);
  });

  it("says that it is the address that no mail can be sent to, where it is", async () => {
    const house = new InProcessServer();
    house.mailResult = { kind: "refused", why: "international", cause: {} };
    const ann = house.connectV2();
    await ann.send({ type: Type.Hello, text: "jörg\njörg@example.de" });
    const text = expect.stringMatching(/letters like ö before the @; use another address/);
    expect(ann.only(Type.Refused)).toEqual([{ type: Type.Refused, code: "mail-address", text }]);
  });

  it("takes the code on another connection from whoever knows the attempt, as after a reload", async () => {
    const house = new InProcessServer();
    const before = house.connectV2();
    await before.send({ type: Type.Hello, text: "ann\nann@example.org" });
    const [ack] = before.only(Type.HelloAck);
    await before.vanish();
    const after = house.connectV2();
    await after.send({ type: Type.Auth, text: house.lastCode() });
    expect(after.take()).toMatchObject([{ type: Type.AuthRst, again: false }]);
    await after.send({ type: Type.Auth, text: house.lastCode(), attempt: ack?.attempt ?? "" });
    expect(after.take()).toMatchObject([{ type: Type.AuthAck, user: { name: "ann" } }]);
  });

  it.each([
    ["a program's, which has no page", "", undefined, "https://chat.example.org/"],
    ["a program's that says it has one", "", "/chat/", "https://chat.example.org/"],
    ["a page's at the second origin", "http://127.0.0.1:4884", undefined, "http://127.0.0.1:4884/"],
    ["a page's under a path, behind a proxy", "https://example.org", "/chat/", "https://example.org/chat/"],
    ["a page's further down", "https://example.org", "/~ann/v2.1/", "https://example.org/~ann/v2.1/"],
  ])("mails a link that fills the code in where it was asked for: %s", async (_, origin, path, page) => {
    const house = new InProcessServer();
    const ann = house.connectV2("192.0.2.1", origin);
    await ann.send({ type: Type.Hello, text: "ann\nann@example.org", ...(path !== undefined && { path }) });
    expect(house.mails[0]?.link).toBe(`${page}#code=${house.lastCode()}`);
  });

  it.each([
    "chat/",
    "/chat",
    "//example.net/",
    "/../",
    "/chat/../",
    "/a b/",
    "/%2e%2e/",
    "/?x=/",
    "/#/",
    "/@example.net/",
    "/\\example.net/",
    `/${"a".repeat(limits.pagePathCharacters - 1)}/`,
  ])("mails nothing where the path %j would lead elsewhere", async (path) => {
    const house = new InProcessServer();
    const ann = house.connectV2("192.0.2.1", "https://example.org");
    await ann.send({ type: Type.Hello, text: "ann\nann@example.org", path });
    expect(ann.take()).toMatchObject([{ type: Type.Refused, code: "malformed" }]);
    expect(house.mails).toEqual([]);
  });

  it("takes a path of as many characters as the limit says", async () => {
    const house = new InProcessServer();
    const path = `/${"a".repeat(limits.pagePathCharacters - 2)}/`;
    const ann = house.connectV2("192.0.2.1", "https://example.org");
    await ann.send({ type: Type.Hello, text: "ann\nann@example.org", path });
    expect(house.mails[0]?.link).toBe(`https://example.org${path}#code=${house.lastCode()}`);
  });

  it("says at which field something is wrong, and whether the same code can be tried again", async () => {
    const house = new InProcessServer();
    const ann = house.connectV2();
    await ann.send(
      { type: Type.Hello, text: "ann\nnowhere" },
      { type: Type.Hello, text: "\nann@example.org" },
    );
    expect(ann.take()).toMatchObject([
      { type: Type.MayNotEnter, field: "email" },
      { type: Type.MayNotEnter, field: "name" },
    ]);
    await ann.send({ type: Type.Hello, text: "ann\nann@example.org" }, { type: Type.Auth, text: "ZZZZZZ" });
    expect(ann.take().at(-1)).toMatchObject({ type: Type.AuthRst, again: true });
  });

  it("takes Auth and what follows it in one frame", async () => {
    const house = new InProcessServer();
    const ann = house.connectV2();
    const frame = [{ type: Type.Auth, text: house.token("ann") }, { type: Type.Join, room }, line("hi")];
    await ann.sendRaw(JSON.stringify(frame));
    const types = ann.take().map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual([Type.AuthAck, Type.Joined]);
    expect(types).toContain(Type.Ack);
  });

  it("closes a tab's old connection with 4009 when the tab comes back", async () => {
    const house = new InProcessServer();
    const ghost = await house.logInV2("ann", "tab 1");
    await ghost.send({ type: Type.Join, room });
    const other = await house.logInV2("ann", "tab 2");
    await house.logInV2("ann", "tab 1");
    expect(ghost.goodbye?.code).toBe(4009);
    expect(other.goodbye).toBeUndefined();
  });
});

describe("version 2: a room", () => {
  it("numbers its messages, acks what is said, and gives a newcomer the last ones", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    await ann.send(line("one"), line("two"));
    expect(entries(ann.take())).toEqual(["2 ann: one", "ack one 2", "3 ann: two", "ack two 3"].sort());
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room });
    const [joined, ...rest] = bob.take();
    expect(joined).toMatchObject({ type: Type.Joined, room, first: 1, from: 0, private: false });
    expect(entries(rest)).toEqual(["1 ann came", "2 ann: one", "3 ann: two", "4 bob came"]);
  });

  it("posts a line once, however often it is sent, and acks it each time", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    await ann.send(line("once", "n1"), line("once", "n1"));
    await ann.vanish();
    const again = await enter(house, "ann");
    await again.send(line("once", "n1"));
    expect(again.only(Type.Ack)).toEqual([{ type: Type.Ack, room, nonce: "n1", seq: 2 }]);
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room });
    expect(bob.only(Type.Text)).toHaveLength(1);
  });

  it("defects 29 and 30: gives somebody who comes back exactly what was said meanwhile", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room });
    const [joined] = bob.only(Type.Joined);
    await bob.vanish();
    await ann.send(line("one"), line("two"));
    const back = await house.logInV2("bob");
    await back.send({ type: Type.Join, room, since: { epoch: joined?.epoch ?? "", seq: 2 } });
    const [again, ...missed] = back.take();
    expect(again).toMatchObject({ type: Type.Joined, from: 2 });
    expect(entries(missed)).toEqual(["3 ann: one", "4 ann: two"]);
  });

  it("tells somebody who was away too long which messages are gone", async () => {
    const house = new InProcessServer({ PLUME_HISTORY: "10", PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await enter(house, "ann");
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room });
    const [joined] = bob.only(Type.Joined);
    await bob.vanish();
    for (let n = 3; n <= 20; n += 1) await ann.send(line(`${n}`));
    const back = await house.logInV2("bob");
    await back.send({ type: Type.Join, room, since: { epoch: joined?.epoch ?? "", seq: 2 } });
    const got = back.take();
    expect(got[1]).toEqual({ type: Type.Gap, room, first: 3, last: 10 });
    expect(entries(got.slice(2)).at(0)).toBe("11 ann: 11");
  });

  it("treats somebody who knows another epoch as a newcomer, and tells the new one", async () => {
    const house = new InProcessServer();
    const ann = await house.logInV2("ann");
    await ann.send({ type: Type.Join, room, since: { epoch: "another", seq: 7 } });
    expect(ann.take()[0]).toMatchObject({
      type: Type.Joined,
      from: 0,
      epoch: expect.not.stringMatching(/^another$/),
    });
  });

  it("gives older messages, as long as it has them", async () => {
    const house = new InProcessServer({ PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await enter(house, "ann");
    for (let n = 2; n <= 200; n += 1) await ann.send(line(`${n}`));
    ann.take();
    await ann.send({ type: Type.Older, room, before: 150 });
    const [history] = ann.only(Type.History);
    expect(history?.first).toBe(1);
    expect(history?.entries.map(({ seq }) => seq)).toEqual(
      Array.from({ length: limits.olderMessages }, (_, n) => 50 + n),
    );
  });

  it("lets only its author change a line, and shows nobody later what was taken back", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    const bob = await enter(house, "bob");
    await ann.send(line("wrogn"));
    const seq = ann.only(Type.Ack)[0]?.seq ?? 0;
    await bob.send({ type: Type.Edit, room, of: seq, text: "mine", nonce: "b" });
    expect(bob.only(Type.Refused)).toMatchObject([{ code: "not-yours", nonce: "b" }]);
    await ann.send({ type: Type.Edit, room, of: seq, text: "right", nonce: "e" });
    await ann.send({ type: Type.Delete, room, of: seq, nonce: "d" });
    expect(bob.take()).toMatchObject([
      { type: Type.Edited, of: seq, text: "right" },
      { type: Type.Deleted, of: seq },
    ]);
    const cid = await house.logInV2("cid");
    await cid.send({ type: Type.Join, room });
    expect(JSON.stringify(cid.take())).not.toMatch(/wrogn|right/);
  });

  it("says who is there and who types, and takes a short absence for none", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    const bob = await enter(house, "bob");
    await house.clock.advance(2_000);
    expect(ann.only(Type.Presence).at(-1)).toMatchObject({ count: 2, names: ["ann", "bob"] });
    await bob.send({ type: Type.Typing, room });
    await house.clock.advance(1_000);
    expect(ann.only(Type.Typing).at(-1)).toMatchObject({ count: 1, names: ["bob"] });
    await bob.vanish();
    await house.clock.advance(limits.graceMs / 2);
    const back = await enter(house, "bob");
    await house.clock.advance(2 * limits.graceMs);
    expect(ann.only(Type.Departed)).toEqual([]);
    await back.vanish();
    await house.clock.advance(limits.graceMs);
    expect(ann.only(Type.Departed)).toMatchObject([{ user: { name: "bob" } }]);
  });

  it("answers Ping as long as it is within the pace, and then says when", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    await house.clock.advance(10_000);
    await ann.send(...Array.from({ length: limits.messageBurst + 1 }, () => ({ type: Type.Ping }) as const));
    const answers = ann.take();
    expect(answers.filter(({ type }) => type === Type.Pong)).toHaveLength(limits.messageBurst);
    expect(answers.at(-1)).toMatchObject({ type: Type.Refused, code: "too-fast", retryAfterMs: 100 });
  });

  it("says in each room, and of that room, that nobody types any more", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    for (const room of ["tea", "cake"]) {
      await ann.send({ type: Type.Join, room });
      await house.clock.advance(2_000);
      await ann.send({ type: Type.Typing, room });
      await house.clock.advance(2 * limits.typingMs);
      expect(ann.only(Type.Typing)).toMatchObject([
        { room, count: 1, names: ["ann"] },
        { room, count: 0, names: [] },
      ]);
    }
  });

  it("defect 27: tells coming in from a line that says so", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    const bob = await enter(house, "bob");
    await bob.send(line("entered chat"));
    expect(ann.take().filter(({ type }) => type === Type.Entered || type === Type.Text)).toMatchObject([
      { type: Type.Entered, user: { name: "bob" } },
      { type: Type.Text, user: { name: "bob" }, text: "entered chat" },
    ]);
  });

  it("is heard in version 1 too, and hears it", async () => {
    const house = new InProcessServer();
    const old = await house.enter("old");
    const ann = await enter(house, "ann");
    await old.send(Type.Text, "from the past");
    await ann.send(line("from the future"));
    expect(ann.only(Type.Text).map(({ text }) => text)).toEqual(["from the past", "from the future"]);
    expect(old.heard()).toEqual(["ann: entered chat", "old: from the past", "ann: from the future"]);
  });
});

describe("version 2: several rooms", () => {
  it("keeps what is said in one from the others, on one connection", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    await ann.send({ type: Type.Join, room: "Garden" });
    expect(ann.only(Type.Joined)).toMatchObject([{ room: "garden" }]);
    const bob = await enter(house, "bob");
    bob.take();
    await ann.send({ ...line("psst"), room: "garden" });
    expect(ann.only(Type.Text)).toMatchObject([{ room: "garden", text: "psst" }]);
    expect(bob.only(Type.Text)).toEqual([]);
  });

  it("refuses what is asked of a room one is not in, names that are none, and more rooms than one may be in", async () => {
    const house = new InProcessServer({ PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await house.logInV2("ann");
    await ann.send(line("hi", "n"), { type: Type.Join, room: "no such name!" });
    expect(ann.only(Type.Refused)).toMatchObject([
      { code: "not-member", room, nonce: "n" },
      { code: "room", room: "no such name!" },
    ]);
    for (let n = 0; n <= limits.roomsPerConnection; n += 1)
      await ann.send({ type: Type.Join, room: `room${n}` });
    expect(ann.only(Type.Refused)).toMatchObject([
      { code: "room", room: `room${limits.roomsPerConnection}` },
    ]);
  });

  it("refuses a new room whose name looks like that of one that is there, and names that", async () => {
    const house = new InProcessServer();
    const ann = await house.logInV2("ann");
    await ann.send({ type: Type.Join, room: "coco" });
    const eve = await house.logInV2("eve");
    for (const name of ["сосо", "l0bby"]) await eve.send({ type: Type.Join, room: name }); // the first is Cyrillic
    expect(eve.only(Type.Refused)).toEqual([
      {
        type: Type.Refused,
        code: "room",
        room: "сосо",
        text: "this looks like the room coco; join that one",
      },
      {
        type: Type.Refused,
        code: "room",
        room: "l0bby",
        text: "this looks like the room lobby; join that one",
      },
    ]);
  });

  it("lets people into a private room with an invitation, until it expires, and whoever was in it again", async () => {
    const house = new InProcessServer();
    const ann = await house.logInV2("ann");
    await ann.send({ type: Type.Join, room: "den", private: true }, { type: Type.Invite, room: "den" });
    const invite = ann.only(Type.Invite)[0]?.text ?? "";
    const bob = await house.logInV2("bob");
    await bob.send({ type: Type.Join, room: "den" }, { type: Type.Join, room: "den", invite: "1.x" });
    expect(bob.only(Type.Refused)).toMatchObject([{ code: "invite" }, { code: "invite" }]);
    await bob.send({ type: Type.Join, room: "den", invite });
    expect(bob.only(Type.Joined)).toMatchObject([{ room: "den", private: true }]);
    await bob.send({ type: Type.Leave, room: "den" }, { type: Type.Join, room: "den" });
    expect(bob.only(Type.Joined)).toHaveLength(1);
    house.clock.skip(limits.inviteValidMs);
    const cid = await house.logInV2("cid");
    await cid.send({ type: Type.Join, room: "den", invite });
    expect(cid.only(Type.Refused)).toMatchObject([{ code: "invite" }]);
  });

  it("an invitation that leaked is for so many people, and is void when somebody in the room says so", async () => {
    const house = new InProcessServer();
    const enter = async (name: string, invite: string) => {
      const guest = await house.logInV2(name);
      await guest.send({ type: Type.Join, room: "den", invite });
      return guest;
    };
    const ann = await house.logInV2("ann");
    const ask = async (uses?: number) => {
      await ann.send({ type: Type.Invite, room: "den", ...(uses === undefined ? {} : { uses }) });
      return ann.only(Type.Invite)[0] ?? { text: "", uses: 0 };
    };
    await ann.send({ type: Type.Join, room: "den", private: true });
    const one = await ask(1);
    expect(one.uses).toBe(1);
    const bob = await enter("bob", one.text);
    expect(bob.only(Type.Joined)).toHaveLength(1);
    const used = "this invitation was voided, or has let in as many people as it was for; ask for another";
    expect((await enter("eve", one.text)).only(Type.Refused)).toMatchObject([{ code: "invite", text: used }]);

    const any = await ask();
    expect(any.uses).toBe(limits.guestsPerRoom);
    expect((await enter("cid", any.text)).only(Type.Joined)).toHaveLength(1);
    await bob.send({ type: Type.VoidInvites, room: "den" });
    expect(bob.only(Type.VoidInvites)).toEqual([{ type: Type.VoidInvites, room: "den" }]);
    expect((await enter("eve", any.text)).only(Type.Refused)).toMatchObject([{ code: "invite", text: used }]);
    expect((await enter("cid", any.text)).only(Type.Joined)).toHaveLength(1); // a guest needs none
    expect((await enter("dan", (await ask()).text)).only(Type.Joined)).toHaveLength(1);
  });

  it.each([0, limits.guestsPerRoom + 1, 1.5])("refuses an invitation for %s people", async (uses) => {
    const ann = await new InProcessServer().logInV2("ann");
    await ann.send({ type: Type.Join, room: "den", private: true }, { type: Type.Invite, room: "den", uses });
    const answers = ann.take().filter(({ type }) => type === Type.Invite || type === Type.Refused);
    expect(answers).toMatchObject([{ type: Type.Refused, code: "malformed" }]);
  });

  it("lets nobody into a private room with an invitation to another", async () => {
    const house = new InProcessServer();
    const [ann, eve] = [await house.logInV2("ann"), await house.logInV2("eve")];
    await ann.send({ type: Type.Join, room: "den", private: true });
    await eve.send({ type: Type.Join, room: "lair", private: true }, { type: Type.Invite, room: "lair" });
    const invite = eve.only(Type.Invite)[0]?.text ?? "";
    await eve.send({ type: Type.Join, room: "den", invite });
    expect(eve.only(Type.Refused)).toMatchObject([{ code: "invite" }]);
  });
});

describe("version 2: refusals", () => {
  it("say what they answer, and when to try again", async () => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    for (let n = 0; n < 30; n += 1) await ann.send(line(`${n}`));
    const [refused] = ann.only(Type.Refused);
    expect(refused).toMatchObject({
      code: "too-fast",
      room,
      nonce: expect.any(String),
      retryAfterMs: expect.any(Number),
    });
  });

  it.each([
    ['{"type":99}', "unknown"],
    ['{"type":1,"room":"lobby","text":7,"nonce":"a"}', "malformed"],
    ['{"type":1,"room":"lobby","text":"","nonce":"a"}', "text"],
    ['{"type":0,"text":"ann\\nann@example.org"}', undefined],
  ])("of %s have the code %s", async (frame, code) => {
    const house = new InProcessServer();
    const ann = await enter(house, "ann");
    await ann.sendRaw(frame);
    expect(ann.only(Type.Refused).map((refused) => refused.code)).toEqual(code === undefined ? [] : [code]);
    expect(ann.goodbye).toBeUndefined();
  });

  it.each(["{", "[]", `[${Array.from({ length: 65 }, () => '{"type":20,"room":"lobby"}').join()}]`])(
    "end with 4000 where a frame is none: %s",
    async (frame) => {
      const house = new InProcessServer();
      const ann = await enter(house, "ann");
      await ann.sendRaw(frame);
      expect(ann.goodbye?.code).toBe(4000);
    },
  );
});

async function enter(house: InProcessServer, name: string): Promise<InProcessClientV2> {
  const visitor = await house.logInV2(name);
  await visitor.send({ type: Type.Join, room });
  visitor.take();
  return visitor;
}

/** Log entries and acks in short, sorted by number. */
function entries(messages: ServerMessageV2[]): string[] {
  return messages
    .flatMap((message) => {
      switch (message.type) {
        case Type.Text:
          return [`${message.seq} ${message.user.name}: ${message.text}`];
        case Type.Entered:
          return [`${message.seq} ${message.user.name} came`];
        case Type.Ack:
          return [`ack ${message.nonce} ${message.seq}`];
        default:
          return [];
      }
    })
    .sort();
}

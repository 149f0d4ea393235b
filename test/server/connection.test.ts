import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { Type } from "../../src/protocol/v2.ts";
import { InProcessServer } from "../support/in-process-server.ts";

const { Hello, Text, Auth } = MessageType;

describe("logging in", () => {
  it("defect 28: takes a name, an address, and the code from the mail; AuthAck comes first, then two greetings, then the room", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, "ann\nann@example.org");
    expect(ann.heard()).toEqual([]);
    await ann.send(Auth, house.lastCode().toLowerCase());
    const [ack, greeting, advice, entered, ...rest] = ann.heard();
    expect(ack).toBe("AuthAck: ann");
    expect(greeting).toMatch(/^plumebot: Hi @ann!/);
    expect(advice).toMatch(/^plumebot: Please be kind/);
    expect(entered).toBe("ann: entered chat");
    expect(rest).toEqual([]);
  });

  it("takes the session token from AuthAck in place of a code", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Auth, house.token("ann"));
    const token = ann.take()[0]?.text ?? "";
    const tab = house.connect();
    await tab.send(Auth, token);
    expect(tab.heard()[0]).toBe("AuthAck: ann");
  });

  it.each([
    ["a wrong code", "ZZZZZZ", /^AuthRst: .*4 tries left/],
    [
      "a token of another server",
      "abc.def",
      /^AuthRst: this server does not know your login any more, it may have been started anew/,
    ],
  ])("answers %s with AuthRst that says why", async (_, text, answer) => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, "ann\nann@example.org");
    await ann.send(Auth, text);
    expect(ann.heard()).toEqual([expect.stringMatching(answer)]);
  });

  it("answers a code that nobody asked for with AuthRst", async () => {
    const ann = new InProcessServer().connect();
    await ann.send(Auth, "ABCDEF");
    expect(ann.heard()).toEqual([expect.stringMatching(/^AuthRst: no code was asked for/)]);
  });

  it("defect 2: voids the code of an earlier Hello for another name, on this connection", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, "anne\nann@example.org");
    const first = house.lastCode();
    await ann.send(Hello, "ann\nann@example.org");
    await ann.send(Auth, first);
    expect(ann.heard()).toEqual([expect.stringMatching(/^AuthRst/)]);
    await ann.send(Auth, house.lastCode());
    expect(ann.heard()[0]).toBe("AuthAck: ann");
  });

  it("defect 3: a code is worth nothing on another connection, and void after 5 wrong ones", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    const eve = house.connect();
    await ann.send(Hello, "ann\nann@example.org");
    await eve.send(Auth, house.lastCode());
    expect(eve.heard()).toEqual([expect.stringMatching(/^AuthRst/)]);
    for (let tries = 0; tries < limits.codeTries; tries += 1) await ann.send(Auth, "ZZZZZZ");
    await ann.send(Auth, house.lastCode());
    expect(ann.heard().at(-1)).toMatch(/^AuthRst: 5 wrong codes/);
  });

  it("defect 4: a code that arrives twice at once logs in once", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, "ann\nann@example.org");
    const frame = JSON.stringify({ type: Auth, text: house.lastCode() });
    await ann.sendRaw(frame, frame);
    const heard = ann.heard();
    expect(heard.filter((line) => line.startsWith("AuthAck"))).toHaveLength(1);
    expect(heard.at(-1)).toBe("AuthRst: you are logged in as ann already");
  });

  it.each([
    ["no address", "ann", /two lines/],
    ["three lines", "ann\na@example.org\nb@example.org", /two lines/],
    ["no name", "\nann@example.org", /name is missing/],
    ["a bidi control in the name", "an\u202En\nann@example.org", /U\+202E/],
    ["HTML as the name", "<b>ann</b>\nann@example.org", /not allowed/],
    ["a name of 121 bytes", `${"a".repeat(121)}\nann@example.org`, /at most 120 bytes/],
    ["two addresses", "ann\na@example.org,b@example.org", /one mail address/],
  ])("defects 8 and 26: refuses a Hello with %s, and says what is wrong", async (_, text, problem) => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, text);
    expect(ann.heard()).toEqual([expect.stringMatching(/^MayNotEnter/)]);
    await ann.send(Hello, text);
    expect(ann.take()[0]?.text).toMatch(problem);
    expect(house.mails).toEqual([]);
  });

  it("defect 9: of two who prove the same name at once exactly one gets it", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Hello, "sam\nann@example.org");
    const annCode = house.lastCode();
    const bob = house.connect();
    await bob.send(Hello, "Sam\nbob@example.org");
    await Promise.all([ann.send(Auth, annCode), bob.send(Auth, house.lastCode())]);
    expect(ann.heard()[0]).toBe("AuthAck: sam");
    expect(bob.heard()).toEqual(["MayNotEnter Sam: the name Sam belongs to somebody else; choose another"]);
  });

  it("a name that another address owns: Hello is answered with MayNotEnter, and no mail is sent", async () => {
    const house = new InProcessServer();
    await house.enter("sam");
    const [owner, other, newcomer] = [house.connect(), house.connect(), house.connect()];
    await owner.send(Hello, "sam\nsam@example.org");
    await other.send(Hello, "Sаm\nother@example.org"); // with a Cyrillic а, which is no name at all
    await other.send(Hello, "SAM\nother@example.org");
    await newcomer.send(Hello, "samuel\nother@example.org");
    expect(owner.heard()).toEqual([]);
    expect(other.heard()).toEqual([
      expect.stringMatching(/^MayNotEnter Sаm: .*scripts/),
      "MayNotEnter SAM: the name SAM belongs to somebody else; choose another",
    ]);
    expect(newcomer.heard()).toEqual([]);
    expect(house.mails.map(({ to, name }) => `${to} ${name}`)).toEqual([
      "sam@example.org sam",
      "other@example.org samuel",
    ]);
  });

  it("a name that was freed is nobody else's", async () => {
    const house = new InProcessServer();
    await (await house.enter("sam")).vanish();
    await house.clock.advance(limits.nameUnusedMs);
    const other = house.connect();
    await other.send(Hello, "sam\nother@example.org");
    await other.send(Auth, house.lastCode());
    expect(other.heard()[0]).toBe("AuthAck: sam");
  });

  it("defect 11: tells a network address so few times that a name is not its asker's that nobody finds out whose it is", async () => {
    const house = new InProcessServer();
    await house.enter("sam");
    const eve = house.connect();
    const { nameAnswersPerPeerAtOnce, nameAnswersPerPeerPerHour } = limits;
    const ask = async (address: string, from = eve) => {
      await from.send(Hello, `sam\n${address}`);
      return from.heard();
    };
    for (let n = 0; n < nameAnswersPerPeerAtOnce; n += 1)
      expect(await ask(`guess${n}@example.org`)).toEqual([expect.stringMatching(/^MayNotEnter/)]);
    const refused = [
      expect.stringMatching(/^plumebot: no code was sent: too many names .* try again in 5 min/),
    ];
    expect(await ask("guess@example.org")).toEqual(refused);
    expect(await ask("sam@example.org")).toEqual(refused);
    expect(house.mails).toEqual([]);
    // Whoever comes under a name that is nobody's is let alone, and so is the rest of the world.
    await eve.send(Hello, "eve\neve@example.org");
    expect(eve.heard()).toEqual([]);
    expect(await ask("sam@example.org", house.connect("192.0.2.2"))).toEqual([]);
    await house.clock.advance(3_600_000 / nameAnswersPerPeerPerHour);
    expect(await ask("guess@example.org", house.connect())).toEqual([expect.stringMatching(/^MayNotEnter/)]);
    expect(await ask("guess@example.org", house.connect())).toEqual(refused);
  });

  it.each(["plumebot", "PlumeBot", "plumebot ", "рlumebot"])(
    "defects 10 and 12: never lets anybody in as %s",
    async (name) => {
      const visitor = new InProcessServer().connect();
      await visitor.send(Hello, `${name}\nhi@plume.chat`);
      expect(visitor.heard()).toEqual([
        expect.stringMatching(/^MayNotEnter .*(looks like plumebot|mixes scripts)/),
      ]);
    },
  );

  it.each(["\u200b", "\u2800", "\u3164", "\u{e0041}", "\u202e", "\ufe0f", "\u0301"])(
    "a line of %j alone is refused as empty, in both versions, and what is typed beside it stays as it is",
    async (unseen) => {
      const house = new InProcessServer();
      const ann = await house.enter("ann");
      await ann.send(Text, unseen);
      await ann.send(Text, `${unseen}x${unseen}`);
      const empty = "it is empty: nothing that can be seen is in it";
      expect(ann.heard()).toEqual([`plumebot: not sent: ${empty}`, `ann: ${unseen}x${unseen}`]);
      const bob = await house.logInV2("bob");
      await bob.send({ type: Type.Join, room: "lobby" });
      await bob.send({ type: Type.Text, room: "lobby", text: unseen, nonce: "1" });
      await bob.send({ type: Type.Text, room: "lobby", text: "seen", nonce: "2" });
      const [ack] = bob.take().flatMap((message) => (message.type === Type.Ack ? [message] : []));
      await bob.send({ type: Type.Edit, room: "lobby", of: ack?.seq ?? 0, text: unseen, nonce: "3" });
      expect(bob.only(Type.Refused)).toMatchObject([{ code: "text", text: empty, nonce: "3" }]);
    },
  );

  it("defect 25: a second Auth or Hello in the chat is refused and makes no second member", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await ann.send(Auth, house.token("ann"));
    await ann.send(Hello, "eve\neve@example.org");
    await ann.send(Text, "once");
    expect(ann.heard()).toEqual([
      "AuthRst: you are logged in as ann already",
      "MayNotEnter ann: you are logged in as ann already",
      "ann: once",
    ]);
  });

  it("says so when the mail can't be sent, and lets the person ask again", async () => {
    const house = new InProcessServer();
    house.mailResult = { kind: "refused", why: "unknown", cause: {} };
    const ann = house.connect();
    await ann.send(Hello, "ann\nann@example.org");
    expect(ann.heard()).toEqual([expect.stringMatching(/^plumebot: no mail can be sent to this address/)]);
    house.mailResult = { kind: "sent" };
    await ann.send(Hello, "ann\nann2@example.org");
    await ann.send(Auth, house.lastCode());
    expect(ann.heard()[0]).toBe("AuthAck: ann");
  });

  it("defect 32: refuses the third mail at once to one address, says when to try again, and mails others", async () => {
    const house = new InProcessServer();
    const eve = house.connect();
    for (let n = 0; n < 3; n += 1) await eve.send(Hello, "ann\nann@example.org");
    expect(eve.heard()).toEqual([
      expect.stringMatching(/^plumebot: no code was sent: .*mail address, try again in 10 min/),
    ]);
    const bob = house.connect("192.0.2.2");
    await bob.send(Hello, "bob\nbob@example.org");
    expect(house.mails.map(({ to }) => to)).toEqual([
      "ann@example.org",
      "ann@example.org",
      "bob@example.org",
    ]);
  });

  it("closes a socket that says nothing after 30 s, with 4001", async () => {
    const house = new InProcessServer();
    const silent = house.connect();
    await house.clock.advance(29_999);
    expect(silent.goodbye).toBeUndefined();
    await house.clock.advance(1);
    expect(silent.goodbye?.code).toBe(4001);
    expect(house.server.connections).toBe(0);
  });

  it("closes one that asked for a code when the code expires, with 4001", async () => {
    const house = new InProcessServer();
    const slow = house.connect();
    await slow.send(Hello, "ann\nann@example.org");
    await house.clock.advance(limits.codeValidMs - 1);
    expect(slow.goodbye).toBeUndefined();
    await house.clock.advance(1);
    expect(slow.goodbye?.code).toBe(4001);
  });

  it("defect 6: leaves no timer, no code and no client behind when sockets come and go", async () => {
    const house = new InProcessServer();
    for (let n = 0; n < 20; n += 1) {
      const visitor = house.connect(`192.0.2.${n}`);
      await visitor.send(Hello, `ann${n}\nann${n}@example.org`);
      await visitor.vanish();
    }
    expect(house.server.connections).toBe(0);
    await house.clock.advance(limits.accountsTidyMs);
    expect(house.clock.timers).toBe(0);
  });
});

describe("chatting", () => {
  it("carries what one says to everybody, oneself too, in one order", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    ann.take();
    await ann.send(Text, "hello");
    await bob.send(Text, "hi");
    expect(ann.heard()).toEqual(["ann: hello", "bob: hi"]);
    expect(bob.heard()).toEqual(["ann: hello", "bob: hi"]);
  });

  it("fills in who said it, whoever the client says it was", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await ann.sendRaw('{"type":1,"user":{"name":"plumebot"},"text":"send me money"}');
    expect(ann.heard()).toEqual(["ann: send me money"]);
  });

  it("tells the room when somebody leaves, however they go", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    await bob.vanish();
    expect(ann.heard()).toEqual(["bob: entered chat", "bob: left chat"]);
  });

  it("refuses a line before login, and answers it", async () => {
    const visitor = new InProcessServer().connect();
    await visitor.send(Text, "hello?");
    expect(visitor.heard()).toEqual(["plumebot: not sent: log in first"]);
  });

  it("defect 22: takes a line of 65,536 bytes whole and refuses one of 65,537, with the limit", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const line = `${"é".repeat(32_767)}ab`;
    await ann.send(Text, line);
    expect(ann.heard()).toEqual([`ann: ${line}`]);
    await ann.send(Text, `${line}c`);
    expect(ann.heard()).toEqual(["plumebot: not sent: it has 65537 bytes, 65536 are allowed"]);
  });

  it.each([
    ["nothing", "", /it is empty/],
    ["only spaces", " \n ", /it is empty/],
    ["half of a character", "a\ud800b", /not valid Unicode/],
  ])("refuses a line of %s", async (_, text, problem) => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await ann.send(Text, text);
    expect(ann.heard()).toEqual([expect.stringMatching(problem)]);
  });

  it("defect 23: allows a burst of 20 lines; over it a refusal that says when to try again", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await house.clock.advance(10_000);
    for (let n = 1; n <= 21; n += 1) await ann.send(Text, `${n}`);
    const heard = ann.heard();
    expect(heard.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => `ann: ${n + 1}`));
    expect(heard.slice(20)).toEqual([
      "plumebot: not sent: too many messages (10 a second are allowed), try again in 1 s",
    ]);
    await house.clock.advance(100);
    await ann.send(Text, "again");
    expect(ann.heard()).toEqual(["ann: again"]);
  });

  it.each([
    ["Hello", Hello],
    ["Auth", Auth],
    ["Text", Text],
    ["an unknown type", 9],
  ])(
    "defect 24: limits %s, answers each until it is far too many, then closes with 4003",
    async (_, type) => {
      const house = new InProcessServer();
      const eve = await house.enter("eve");
      const burst = limits.messageBurst + limits.messageBurst * limits.floodBursts;
      for (let n = 0; n < burst - 1 && !eve.goodbye; n += 1) await eve.send(type, "x");
      expect(eve.take().length).toBeGreaterThanOrEqual(limits.messageBurst * limits.floodBursts - 1);
      for (let n = 0; n < 22; n += 1) await eve.send(type, "x");
      expect(eve.goodbye?.code).toBe(4003);
    },
  );

  it("defect 44: limits the bytes one connection sends, not only the messages", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const line = "x".repeat(60_000);
    for (let n = 0; n < 5; n += 1) await ann.send(Text, line);
    expect(ann.heard().at(-1)).toMatch(
      /^plumebot: not sent: too much text \(64 KiB a second are allowed\), try again in \d+ s/,
    );
  });

  it("takes any number of messages when the limit is off", async () => {
    const house = new InProcessServer({ PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await house.enter("ann");
    for (let n = 0; n < 300; n += 1) await ann.send(Text, `${n}`);
    expect(ann.heard()).toHaveLength(300);
  });

  it("answers a type it does not know, and goes on", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await ann.send(9, "?");
    expect(ann.heard()).toEqual([
      expect.stringMatching(/^plumebot: not done: unknown type 9; known are 0 \(Hello\)/),
    ]);
  });

  it.each(["not json", "[]", "null", '{"type":"1"}', '{"type":1,"text":7}', '{"text":"no type"}'])(
    "defect 40: closes with 4000 and a reason on the frame %s",
    async (frame) => {
      const house = new InProcessServer();
      const ann = await house.enter("ann");
      await ann.sendRaw(frame);
      expect(ann.goodbye).toMatchObject({
        code: 4000,
        reason: expect.stringMatching(/^not a Plume message: /),
      });
    },
  );
});

describe("slow and dead readers", () => {
  it("defects 15 and 16: one that stalls and leaves holds up nobody", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    ann.take();
    bob.stall();
    await ann.send(Text, "1");
    await bob.vanish();
    await ann.send(Text, "2");
    expect(ann.heard()).toEqual(["ann: 1", "bob: left chat", "ann: 2"]);
  });

  it("gets all it missed, in order, when it reads again in time", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    bob.stall();
    for (let n = 0; n < 10; n += 1) await ann.send(Text, `${n}`);
    await bob.goOn();
    expect(bob.heard()).toEqual(Array.from({ length: 10 }, (_, n) => `ann: ${n}`));
  });

  it("is closed with 4008 when messages it missed are gone", async () => {
    const house = new InProcessServer({ PLUME_HISTORY: "16", PLUME_MESSAGES_PER_SECOND: "0" });
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    bob.stall();
    for (let n = 0; n < 20; n += 1) await ann.send(Text, `${n}`);
    await bob.goOn();
    expect(bob.heard()).toEqual([]);
    expect(bob.goodbye?.code).toBe(4008);
    expect(ann.heard().at(-1)).toBe("bob: left chat");
  });
});

import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { type EntryCode, type RejectionCode, Type } from "../../src/protocol/v2.ts";
import { type InProcessClientV2, InProcessServer } from "../support/in-process-server.ts";

const address = "ann@example.org";
const hello = (visitor: InProcessClientV2, text = `ann\n${address}`) =>
  visitor.send({ type: Type.Hello, text });
const auth = (visitor: InProcessClientV2, text: string) => visitor.send({ type: Type.Auth, text });

const lastOf = (visitor: InProcessClientV2) => visitor.take().at(-1);

it("version 2: AuthAck repeats a session token that is fresh, and brings a new one for an older one", async () => {
  const house = new InProcessServer();
  const token = house.token("ann");
  const tokenAfter = async (ms: number) => {
    house.clock.skip(ms);
    const ann = house.connectV2();
    await auth(ann, token);
    return ann.only(Type.AuthAck).map(({ text }) => text);
  };
  expect(await tokenAfter(limits.sessionFreshMs - 1)).toEqual([token]);
  const [renewed = ""] = await tokenAfter(1);
  expect(renewed).not.toBe(token);
  house.clock.skip(limits.sessionValidMs - 1);
  const ann = house.connectV2();
  await auth(ann, renewed);
  expect(ann.only(Type.AuthAck)).toHaveLength(1);
});

describe("version 2: MayNotEnter says in a code", () => {
  it.each<[EntryCode, hello: string]>([
    ["malformed", "ann"],
    ["name-empty", ` \n${address}`],
    ["name-too-long", `${"n".repeat(limits.nameBytesMax + 1)}\n${address}`],
    ["name-character", `ann🙂\n${address}`],
    ["name-mark", `\u0301ann\n${address}`],
    ["name-no-letter", `...\n${address}`],
    ["name-scripts", `pаul\n${address}`],
    ["name-reserved", `plumebot\n${address}`],
    ["email-empty", "ann\n"],
    ["email-too-long", `ann\n${"a".repeat(limits.emailBytesMax)}@example.org`],
    ["email-invalid", "ann\nnowhere"],
  ])("%s", async (code, text) => {
    const ann = new InProcessServer().connectV2();
    await hello(ann, text);
    expect(lastOf(ann)).toMatchObject({ type: Type.MayNotEnter, code });
  });

  it("name-taken, once the address is proved", async () => {
    const house = new InProcessServer();
    await house.logInV2("ann");
    const other = house.connectV2();
    await hello(other, "ann\nother@example.org");
    await auth(other, house.lastCode());
    expect(lastOf(other)).toMatchObject({ type: Type.MayNotEnter, code: "name-taken", field: "name" });
  });

  it("logged-in, to who is", async () => {
    const ann = await new InProcessServer().logInV2("ann");
    await hello(ann);
    expect(lastOf(ann)).toMatchObject({ type: Type.MayNotEnter, code: "logged-in" });
  });
});

describe("version 2: AuthRst says in a code", () => {
  const reset = (code: RejectionCode, again = false) => ({ type: Type.AuthRst, code, again });

  it("wrong-code while another can be typed, and code-tries when there were too many", async () => {
    const ann = new InProcessServer().connectV2();
    await hello(ann);
    for (let tries = 1; tries < limits.codeTries; tries += 1) await auth(ann, "ZZZZZZ");
    expect(lastOf(ann)).toMatchObject(reset("wrong-code", true));
    await auth(ann, "ZZZZZZ");
    expect(lastOf(ann)).toMatchObject(reset("code-tries"));
  });

  it("code-expired", async () => {
    const house = new InProcessServer();
    const ann = house.connectV2();
    await hello(ann);
    house.clock.skip(limits.codeValidMs);
    await auth(ann, house.lastCode());
    expect(lastOf(ann)).toMatchObject(reset("code-expired"));
  });

  it("code-used, to who asked for a code and has another tab", async () => {
    const house = new InProcessServer();
    const [ann, tab] = [house.connectV2(), house.connectV2()];
    await hello(tab);
    const [ack] = tab.only(Type.HelloAck);
    await ann.send({ type: Type.Auth, text: house.lastCode(), attempt: ack?.attempt ?? "" });
    await auth(tab, house.lastCode());
    expect(lastOf(tab)).toMatchObject(reset("code-used"));
  });

  it("code-replaced, where the same network address has asked for many after it", async () => {
    const house = new InProcessServer({ PLUME_MAILS_PER_ADDRESS_PER_HOUR: "1000" });
    const ann = house.connectV2();
    await hello(ann);
    const code = house.lastCode();
    for (let n = 0; n < limits.codesPerAddress; n += 1) {
      house.clock.skip(120_000);
      await hello(house.connectV2());
    }
    await auth(ann, code);
    expect(lastOf(ann)).toMatchObject(reset("code-replaced"));
  });

  it("code-wait, to a network address that has typed too many wrong ones, whatever it types then", async () => {
    const house = new InProcessServer();
    for (let n = 0; n < limits.codeTriesPerPeerAtOnce / limits.codeTries; n += 1) {
      const eve = house.connectV2();
      await hello(eve);
      for (let tries = 0; tries < limits.codeTries; tries += 1) await auth(eve, "ZZZZZZ");
    }
    house.clock.skip(3_600_000 / limits.mailsPerAddressPerHour - 1);
    const eve = house.connectV2();
    const ann = house.connectV2("198.51.100.7");
    await hello(ann);
    await auth(ann, house.lastCode());
    expect(ann.only(Type.AuthAck)).toHaveLength(1);
    house.clock.skip(1);
    await hello(eve);
    for (let tries = 0; tries < 3; tries += 1) await auth(eve, "ZZZZZZ");
    await auth(eve, house.lastCode());
    expect(lastOf(eve)).toMatchObject(reset("code-wait", true));
  });

  it("no-code, session-invalid, session-expired and logged-in", async () => {
    const house = new InProcessServer();
    const ann = house.connectV2();
    await auth(ann, "ABCDEF");
    expect(lastOf(ann)).toMatchObject(reset("no-code"));
    await auth(ann, "abc.def");
    expect(lastOf(ann)).toMatchObject(reset("session-invalid"));
    const token = house.token("ann");
    await auth(ann, token);
    await auth(ann, token);
    expect(lastOf(ann)).toMatchObject(reset("logged-in"));
    house.clock.skip(limits.sessionValidMs);
    const late = house.connectV2();
    await auth(late, token);
    expect(lastOf(late)).toMatchObject(reset("session-expired"));
  });
});

describe("A11: whoever asks for codes for ann's address", () => {
  it.each([1, 2] as const)(
    "somebody else asks for a code for ann's address again and again: hers stays good, and her own request from another network passes (version %i)",
    async (version) => {
      const house = new InProcessServer();
      const connect = (from: string) => (version === 1 ? house.connect(from) : house.connectV2(from));
      const say = (client: ReturnType<typeof connect>, type: 0 | 2, text: string) =>
        client.sendRaw(JSON.stringify({ type, text }));
      const ann = connect("192.0.2.1");
      await say(ann, Type.Hello, `ann\n${address}`);
      const mine = house.lastCode();
      const harass = async () => {
        for (let n = 0; n < 10; n += 1)
          await say(connect("198.51.100.1"), Type.Hello, `eve ${n}\n${address}`);
      };
      await harass();
      const before = house.mails.length;
      const elsewhere = connect("203.0.113.1");
      await say(elsewhere, Type.Hello, `ann\n${address}`);
      expect(house.mails).toHaveLength(before + 1);
      await harass();
      await say(ann, Type.Auth, mine);
      expect(JSON.stringify(ann.take())).toContain('"type":3');
    },
  );

  it("leaves hers good, and another can be had from where she is", async () => {
    const house = new InProcessServer();
    const ann = house.connectV2("192.0.2.1");
    await hello(ann);
    const [mine] = house.mails;
    for (let n = 0; n < 3; n += 1) {
      const eve = house.connectV2("198.51.100.1");
      await hello(eve);
      for (let tries = 0; tries < limits.codeTries; tries += 1) await auth(eve, "ZZZZZZ");
    }
    await hello(ann);
    expect(house.mails).toHaveLength(4); // of eve's three one was refused
    await auth(ann, mine?.code ?? "");
    expect(ann.only(Type.AuthAck)).toHaveLength(1);
  });

  it("from however many networks does not keep her from logging in where she has before", async () => {
    const house = new InProcessServer();
    const before = await house.logInV2("ann");
    await before.vanish();
    for (let n = 0; n < 20; n += 1) await hello(house.connectV2(`198.51.100.${n}`));
    const ann = house.connectV2();
    const mails = house.mails.length;
    await hello(ann);
    expect(house.mails).toHaveLength(mails + 1);
    await auth(ann, house.lastCode());
    expect(ann.only(Type.AuthAck)).toHaveLength(1);
  });

  it("can't have her mailbox flooded with +tags, which are other people all the same", async () => {
    const house = new InProcessServer();
    const eve = house.connectV2();
    for (let n = 0; n < 5; n += 1) await hello(eve, `eve ${n}\nann+${n}@example.org`);
    expect(house.mails).toHaveLength(limits.mailsPerAddressAtOnce);
    await auth(eve, house.lastCode());
    expect(eve.only(Type.AuthAck)).toHaveLength(1);
    const ann = house.connectV2("192.0.2.9");
    await hello(ann, "eve 1\nann@example.org");
    await auth(ann, house.lastCode());
    expect(ann.only(Type.MayNotEnter)).toMatchObject([{ code: "name-taken" }]);
  });
});

describe("who asks again, because the mail is slow,", () => {
  it("can still type the first code: here, and after a reload", async () => {
    for (const isReloaded of [false, true]) {
      const house = new InProcessServer();
      const page = house.connectV2();
      await hello(page);
      const first = house.lastCode();
      const later = isReloaded ? house.connectV2() : page;
      await hello(later);
      const attempt = later.only(Type.HelloAck).at(-1)?.attempt ?? "";
      await later.send({ type: Type.Auth, text: first, attempt });
      expect(later.only(Type.AuthAck)).toHaveLength(1);
    }
  });

  it("can do so in version 1, until the connection ends", async () => {
    const house = new InProcessServer();
    const ann = house.connect();
    await ann.send(Type.Hello, `ann\n${address}`);
    const first = house.lastCode();
    await ann.send(Type.Hello, `ann\n${address}`);
    await ann.send(Type.Auth, first);
    expect(ann.heard()).toContain("AuthAck: ann");
  });
});

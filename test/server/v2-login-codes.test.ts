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

  it("code-used and code-replaced, to who asked for a code and has another tab", async () => {
    const house = new InProcessServer();
    const [ann, tab] = [house.connectV2(), house.connectV2()];
    await hello(ann);
    await hello(tab);
    await auth(ann, house.lastCode());
    expect(lastOf(ann)).toMatchObject(reset("code-replaced"));
    const [ack] = tab.only(Type.HelloAck);
    await ann.send({ type: Type.Auth, text: house.lastCode(), attempt: ack?.attempt ?? "" });
    await auth(tab, house.lastCode());
    expect(lastOf(tab)).toMatchObject(reset("code-used"));
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

import { beforeEach, describe, expect, test } from "vitest";
import { MessageType } from "../../src/protocol/message.ts";
import { Visit } from "./support.ts";

const { Hello, Auth, AuthRst, MayNotEnter } = MessageType;

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
});

describe("logging in", () => {
  const ask = () => visit.page.happened({ kind: "ask", name: "Ada", email: "ada@example.org" });

  test("opens no socket before anybody asks for a code", () => {
    visit.load();
    expect(visit.world.sockets).toHaveLength(0);
    expect(visit.page.session.value).toMatchObject({ kind: "join", name: "", asking: false });
  });

  test("goes from name and address over the code to the room", () => {
    visit.load();
    ask();
    expect(visit.page.session.value).toMatchObject({ kind: "join", asking: true });
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toMatchObject([{ type: Hello, text: "Ada\nada@example.org" }]);
    expect(visit.page.session.value).toMatchObject({
      kind: "code",
      email: "ada@example.org",
      stage: { kind: "typing" },
    });
    visit.page.happened({ kind: "submit", code: "ABC123" });
    expect(visit.world.socket.sent[1]).toMatchObject({ type: Auth, text: "ABC123" });
    visit.world.socket.welcome("Ada", "token.of.ada");
    expect(visit.page.session.value).toEqual({
      kind: "chat",
      name: "Ada",
      token: "token.of.ada",
      entered: true,
    });
    expect([visit.store.read("token"), visit.store.read("name")]).toEqual(["token.of.ada", "Ada"]);
  });

  test("keeps asking while there is no connection", () => {
    visit.load();
    ask();
    visit.world.socket.close(1006);
    expect(visit.page.link.value.kind).toBe("waiting");
    visit.world.pass(30_000);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toHaveLength(1);
    expect(visit.page.session.value.kind).toBe("code");
  });

  test("shows a refusal at its field and keeps what was typed", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    visit.world.socket.say({
      type: MayNotEnter,
      user: { name: "Ada" },
      text: "this is not one mail address; type it again",
    });
    expect(visit.page.session.value).toMatchObject({
      kind: "join",
      name: "Ada",
      email: "ada@example.org",
      problem: { field: "email", text: "This is not one mail address; type it again." },
    });
    expect(visit.world.socket.closed).toBe(true);
  });

  test("says why a code was not taken, and lets another be typed", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    visit.page.happened({ kind: "submit", code: "ABC123" });
    expect(visit.page.session.value).toMatchObject({ stage: { kind: "checking" } });
    visit.world.socket.say({ type: AuthRst, user: { name: "" }, text: "this is not the code; 4 tries left" });
    expect(visit.page.session.value).toMatchObject({
      stage: { kind: "typing" },
      problem: "This is not the code; 4 tries left.",
    });
  });

  test.each([
    ["the server says it is void", () => visit.world.socket.say(voided), "5 wrong codes"],
    ["the connection is lost", () => visit.world.socket.close(1006), "connection was lost"],
    ["it took too long", () => visit.world.socket.close(4001, "login took too long"), "took too long"],
  ])("offers another code when %s", (_, happens, words) => {
    visit.load();
    ask();
    visit.world.socket.accept();
    happens();
    expect(visit.page.session.value).toMatchObject({
      stage: { kind: "void" },
      problem: expect.stringContaining(words),
    });
    visit.page.happened({ kind: "ask-again" });
    if (visit.world.sockets.length > 1) visit.world.socket.accept();
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Hello });
    expect(visit.page.session.value).toMatchObject({ stage: { kind: "typing" }, problem: undefined });
  });
  const voided = {
    type: AuthRst,
    user: { name: "" },
    text: "5 wrong codes, this one is void; ask for a new one",
  };

  test("shows what the house says about the mail, and when to ask again", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    visit.world.socket.house("no code was sent: too many codes, try again in 9 min");
    expect(visit.page.session.value).toMatchObject({
      notice: "No code was sent: too many codes, try again in 9 min.",
      resendAt: visit.world.time + 540_000,
    });
  });

  test("remembers across a reload what was typed, and that a code was asked for", () => {
    visit.load();
    visit.page.typed("Ada", "ada@exa");
    visit.load();
    expect(visit.page.session.value).toMatchObject({ kind: "join", name: "Ada", email: "ada@exa" });
    ask();
    visit.world.socket.accept();
    visit.load();
    expect(visit.page.session.value).toMatchObject({
      kind: "code",
      email: "ada@example.org",
      stage: { kind: "void" },
    });
  });

  test("goes back to the form with a blank connection", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    visit.page.happened({ kind: "back" });
    expect(visit.page.session.value).toMatchObject({ kind: "join", name: "Ada", email: "ada@example.org" });
    expect(visit.world.socket.closed).toBe(true);
    expect(visit.world.timers).toBe(0);
  });

  test("stays in after a reload, by the token", () => {
    visit.enter();
    expect(visit.world.socket.sent).toMatchObject([{ type: Auth, text: "token.of.ada" }]);
    expect(visit.page.session.value).toMatchObject({ kind: "chat", entered: true });
  });

  test("asks for a new login when the token is not taken, and loses no draft", () => {
    visit.enter();
    visit.page.conversation.type("half a sentence");
    visit.load();
    visit.world.socket.accept();
    visit.world.socket.say({
      type: AuthRst,
      user: { name: "" },
      text: "the session has expired; log in by mail",
    });
    expect(visit.page.session.value).toMatchObject({
      kind: "join",
      name: "Ada",
      notice: expect.stringContaining("The session has expired; log in by mail."),
    });
    expect(visit.store.read("token")).toBe("");
    expect(visit.page.conversation.draft.value).toBe("half a sentence");
    expect(visit.world.socket.closed).toBe(true);
  });

  test("forgets everything on logging out", () => {
    visit.enter();
    visit.page.conversation.type("a secret");
    visit.page.happened({ kind: "log-out" });
    expect([...visit.store.kept].filter(([key, kept]) => key !== "form" && kept !== "")).toEqual([]);
    expect(visit.store.read("form")).not.toContain("Ada");
    expect(visit.world.socket.closed).toBe(true);
    expect(visit.page.conversation.timeline.value).toEqual([]);
  });

  test("logs out with another tab", () => {
    visit.enter();
    visit.page.happened({ kind: "logged-out" });
    expect(visit.page.session.value).toMatchObject({
      kind: "join",
      notice: expect.stringContaining("another tab"),
    });
    expect(visit.world.socket.closed).toBe(true);
  });
});

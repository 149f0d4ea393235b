import { beforeEach, describe, expect, test } from "vitest";
import { goodbyes } from "../../src/protocol/close.ts";
import { Type } from "../../src/protocol/v2.ts";
import { type FakeSocket, Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
  visit.enter();
});

const { loggedOut } = goodbyes;
const session = () => visit.page.session.value;
const logOut = (everywhere = false) => visit.page.happened({ kind: "log-out", everywhere });
const rejected = { type: Type.AuthRst, text: "this session was logged out", again: false } as const;
/** What the browser keeps of whoever was here. */
const kept = () =>
  [...visit.store.kept]
    .filter(([key, text]) => !(key === "form" || key === "ending") && text !== "")
    .map(([key]) => key);
const joinForm = (more: object = {}) => ({ kind: "join", name: "", email: "", notice: undefined, ...more });

/** Does what is to be done on the connection that ends a session. */
function endOn(socket: FakeSocket): void {
  socket.accept();
  socket.welcome("Ada", "another.token");
  expect(socket.sent.slice(-2)).toEqual([
    { type: Type.Auth, text: "token.of.ada" },
    { type: Type.LogOut, everywhere: false },
  ]);
  socket.close(loggedOut.code, loggedOut.reason);
}

describe("logging out", () => {
  test("ends the session on the server, and then forgets everything", () => {
    visit.page.openRoom("kitchen", false);
    visit.page.conversation.type("a secret");
    logOut();
    const { socket } = visit.world;
    expect(socket.sent.slice(-3)).toEqual([
      { type: Type.Leave, room: "lobby" },
      { type: Type.Leave, room: "kitchen" },
      { type: Type.LogOut, everywhere: false },
    ]);
    expect(session()).toMatchObject({ kind: "chat", stage: "leaving" });
    expect(visit.store.read("token")).toBe("");
    logOut();
    expect(socket.sent.filter(({ type }) => type === Type.LogOut)).toHaveLength(1);
    socket.close(loggedOut.code, loggedOut.reason);
    expect(session()).toMatchObject(joinForm());
    expect([kept(), visit.store.read("ending"), visit.store.read("form")]).toEqual([
      ...[[], "", expect.not.stringContaining("Ada")],
    ]);
    expect([socket.closed, visit.world.hash, visit.lines, visit.page.ender.state.value]).toEqual([
      ...[true, "", [], "none"],
    ]);
    expect(visit.world.sockets).toHaveLength(1);
    expect(visit.world.timers).toBe(0);
  });

  test("asks for the end of all sessions where that is wanted", () => {
    logOut(true);
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.LogOut, everywhere: true });
  });

  test("forgets at once while the server is away, says so, and ends the session when it is back", () => {
    visit.page.conversation.type("a secret");
    visit.world.socket.close(1006);
    logOut();
    expect(session()).toMatchObject(joinForm());
    expect(kept()).toEqual([]);
    expect(visit.page.ender.state.value).toBe("ending");
    visit.world.socket.close(1006);
    visit.world.pass(30_000);
    endOn(visit.world.socket);
    expect([visit.page.ender.state.value, visit.store.read("ending")]).toEqual(["ended", ""]);
    expect([visit.world.socket.closed, visit.world.timers]).toEqual([true, 0]);
  });

  test("ends the session after a reload, though nobody has logged in since", () => {
    visit.world.socket.close(1006);
    logOut();
    visit.load();
    expect(session()).toMatchObject(joinForm());
    expect(visit.page.ender.state.value).toBe("ending");
    endOn(visit.world.socket);
    visit.load();
    expect(visit.page.ender.state.value).toBe("none");
  });

  test.each([
    ["the connection is lost", (socket: FakeSocket) => socket.close(1006)],
    [
      "the server does not answer",
      (socket: FakeSocket) => {
        socket.isDead = true;
        visit.world.pass(15_000);
      },
    ],
    [
      "the server cannot do it now",
      (socket: FakeSocket) =>
        socket.say({ type: Type.Refused, code: "busy", text: "cannot save", retryAfterMs: 2000 }),
    ],
  ])("ends the session on another connection where meanwhile %s", (_, happens) => {
    visit.page.conversation.type("a secret");
    logOut();
    happens(visit.world.socket);
    expect(session()).toMatchObject(joinForm());
    expect([kept(), visit.page.ender.state.value]).toEqual([[], "ending"]);
    endOn(visit.world.socket);
    expect(visit.page.ender.state.value).toBe("ended");
  });

  test("is not undone by a reload before the server has answered", () => {
    visit.page.conversation.type("a secret");
    logOut();
    visit.load();
    expect([session(), kept()]).toMatchObject([joinForm(), []]);
    expect(visit.page.conversation.draft.text.value).toBe("");
    endOn(visit.world.socket);
  });

  test("has done its work where the server says that the token is good for nothing", () => {
    visit.world.socket.close(1006);
    logOut();
    visit.world.socket.accept();
    visit.world.socket.say({ ...rejected, code: "session-ended" });
    expect([visit.page.ender.state.value, visit.store.read("ending")]).toEqual(["ended", ""]);
  });

  test("asks again where the server is busy, and ends one session after the other", () => {
    visit.world.socket.close(1006);
    visit.store.write(
      "ending",
      JSON.stringify([
        { token: "first", everywhere: true },
        { token: "second", everywhere: false },
      ]),
    );
    visit.store.write("token", "");
    visit.load();
    const { socket } = visit.world;
    socket.accept();
    socket.welcome("Ada");
    socket.say({ type: Type.Refused, code: "busy", text: "cannot save", retryAfterMs: 2000 });
    visit.world.pass(2000);
    const everywhere = { type: Type.LogOut, everywhere: true };
    expect(socket.sent).toEqual([{ type: Type.Auth, text: "first" }, everywhere, everywhere]);
    socket.close(loggedOut.code);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toEqual([{ type: Type.Auth, text: "second" }]);
  });

  test("ends a session that is logged out of while another one is being ended after that one", () => {
    visit.world.socket.close(1006);
    logOut();
    visit.world.socket.accept();
    visit.page.ender.keep("second", false);
    visit.page.ender.start();
    const { socket } = visit.world;
    expect(socket.sent).toEqual([{ type: Type.Auth, text: "token.of.ada" }]);
    socket.welcome("Ada");
    socket.close(loggedOut.code);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toEqual([{ type: Type.Auth, text: "second" }]);
  });

  test("keeps eight sessions that are to end, and forgets the first", () => {
    for (let n = 0; n < 9; n += 1) visit.page.ender.keep(`token ${n}`, false);
    const tokens: unknown = JSON.parse(visit.store.read("ending"));
    expect(tokens).toHaveLength(8);
    expect(visit.store.read("ending")).not.toContain("token 0");
  });
});

describe("a session that was ended elsewhere", () => {
  const ways: [string, () => void][] = [
    ["a close", () => visit.world.socket.close(loggedOut.code, loggedOut.reason)],
    [
      "a rejection",
      () => {
        visit.world.socket.close(1006);
        visit.world.pass(30_000);
        visit.world.socket.accept();
        visit.world.socket.say({ ...rejected, code: "session-ended" });
      },
    ],
  ];

  test.each(ways)("leads to the login by %s, with name, address and all that was not sent", (_, end) => {
    visit.say("not sent");
    visit.page.conversation.type("half a sentence");
    end();
    const notice = expect.stringContaining("logged out from another tab or device");
    expect(session()).toMatchObject({ kind: "join", name: "Ada", email: "ada@example.org", notice });
    expect([visit.store.read("token"), visit.page.link.value.kind]).toEqual(["", "off"]);
    visit.load();
    expect(session()).toMatchObject({ kind: "join", name: "Ada", email: "ada@example.org" });
    visit.page.happened({ kind: "ask", name: "Ada", email: "ada@example.org" });
    visit.world.socket.accept();
    visit.world.socket.say({ type: Type.HelloAck, attempt: "a", validMs: 1000, taken: true, sentBy: "mail" });
    visit.page.happened({ kind: "submit", code: "ABC123" });
    visit.world.socket.welcome("Ada", "new.token");
    visit.world.socket.joined();
    expect([visit.spoken, visit.page.conversation.draft.text.value]).toEqual([
      ...[["not sent"], "half a sentence"],
    ]);
  });

  test("keeps all of it for the same address, whose id is new on a server that has started without state", () => {
    visit.page.conversation.type("half a sentence");
    visit.world.socket.close(loggedOut.code);
    visit.page.happened({ kind: "ask", name: "Ada", email: "Ada@example.org" });
    visit.world.socket.accept();
    visit.world.socket.say({
      type: Type.HelloAck,
      attempt: "a",
      validMs: 1000,
      taken: false,
      sentBy: "mail",
    });
    visit.page.happened({ kind: "submit", code: "ABC123" });
    const user = { id: "new id of Ada", name: "Ada" };
    visit.world.socket.say({ type: Type.AuthAck, user, text: "new.token" });
    expect(visit.page.conversation.draft.text.value).toBe("half a sentence");
    visit.world.socket.close(1006);
    visit.world.pass(30_000);
    visit.world.socket.accept();
    visit.world.socket.say({ type: Type.AuthAck, user: { ...user, id: "newer id" }, text: "newer.token" });
    visit.load();
    expect(visit.page.conversation.draft.text.value).toBe("half a sentence");
  });

  test("keeps nothing for somebody else who has the name now", () => {
    visit.page.conversation.type("half a sentence");
    visit.world.socket.close(loggedOut.code);
    visit.page.happened({ kind: "ask", name: "Ada", email: "eve@example.org" });
    visit.world.socket.accept();
    visit.world.socket.say({
      type: Type.HelloAck,
      attempt: "a",
      validMs: 1000,
      taken: false,
      sentBy: "mail",
    });
    visit.page.happened({ kind: "submit", code: "ABC123" });
    const user = { id: "id of another Ada", name: "Ada" };
    visit.world.socket.say({ type: Type.AuthAck, user, text: "new.token" });
    expect(visit.page.conversation.draft.text.value).toBe("");
  });

  test("takes no token along that another tab has got since", () => {
    visit.store.write("token", "newer.token");
    visit.world.socket.close(loggedOut.code);
    expect(visit.store.read("token")).toBe("newer.token");
  });
});

describe("another tab that logs out", () => {
  test.each([
    ["before the server says so", () => {}],
    ["after the server has said so", () => visit.world.socket.close(loggedOut.code)],
  ])("takes all of this person along, %s", (_, before) => {
    visit.page.conversation.type("a secret");
    before();
    visit.page.happened({ kind: "logged-out" });
    expect(session()).toMatchObject(joinForm({ notice: "You logged out in another tab." }));
    expect([kept(), visit.world.socket.closed]).toEqual([[], true]);
  });

  test("takes along what was typed in a tab that was asleep meanwhile", () => {
    visit.page.conversation.type("a secret");
    visit.store.write("person", "id of Eve");
    visit.store.write("email", "eve@example.org");
    visit.store.write("name", "Eve");
    visit.load();
    expect(visit.page.conversation.draft.text.value).toBe("");
    expect(visit.store.read("drafts")).toBe("");
  });
});

describe("one’s sessions", () => {
  const one = { session: "s1", device: "Firefox on Linux", createdAt: 1, usedAt: 2, connections: 1 };
  const other = { ...one, session: "s2", connections: 0 };

  test("are asked for, and ended one by one", () => {
    visit.page.sessions.ask();
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.Sessions });
    const sessions = [
      { ...one, isThis: true },
      { ...other, isThis: false },
    ];
    visit.world.socket.say({ type: Type.Sessions, sessions });
    expect(visit.page.sessions.all.value).toEqual(sessions);
    visit.page.sessions.end({ ...other, isThis: false });
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.EndSession, session: "s2" });
    visit.world.socket.say({ type: Type.Sessions, sessions: [{ ...one, isThis: true }] });
    expect(visit.page.sessions.all.value).toHaveLength(1);
  });

  test("stay as they are where the server cannot do it, which is said", () => {
    visit.page.sessions.end({ ...other, isThis: false });
    visit.world.socket.say({ type: Type.Refused, code: "busy", text: "cannot save", retryAfterMs: 2000 });
    expect(visit.page.sessions.problem.value).toBe("Cannot save.");
    expect(session()).toMatchObject({ kind: "chat", stage: "here" });
    visit.page.sessions.ask();
    expect(visit.page.sessions.problem.value).toBe("");
  });

  test("are forgotten with the connection", () => {
    visit.page.sessions.ask();
    visit.world.socket.say({ type: Type.Sessions, sessions: [] });
    visit.world.socket.close(1006);
    expect(visit.page.sessions.all.value).toBeUndefined();
  });
});

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { german } from "../../public/words.de.ts";
import { english } from "../../public/words.en.ts";
import { speak } from "../../public/words.ts";
import { Type } from "../../src/protocol/v2.ts";
import { Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
});

const ask = () => visit.page.happened({ kind: "ask", name: "Ada", email: "ada@example.org" });
const helloAck = (taken = false, sentBy: "mail" | "terminal" = "mail") =>
  visit.world.socket.say({ type: Type.HelloAck, attempt: "a1", validMs: 600_000, taken, sentBy });
/** Gets as far as the code. */
const waitForMail = () => {
  visit.load();
  ask();
  visit.world.socket.accept();
  helloAck();
};
const submit = () => visit.page.happened({ kind: "submit", code: "ABC123" });
const session = () => visit.page.session.value;

describe("logging in", () => {
  test("opens no socket before anybody asks for a code", () => {
    visit.load();
    expect(visit.world.sockets).toHaveLength(0);
    expect(session()).toMatchObject({ kind: "join", name: "", asking: false });
  });

  test("tells a page that is opened under a path where the mail's link has to lead; a path that cannot be, not", () => {
    for (const [path, sent] of [
      ["/chat/", { path: "/chat/" }],
      ["/", {}],
      ["/%D0%B0/", {}],
    ] as const) {
      visit = new Visit();
      visit.world.pagePath = path;
      visit.load();
      ask();
      visit.world.socket.accept();
      expect(visit.world.socket.sent).toEqual([{ type: Type.Hello, text: "Ada\nada@example.org", ...sent }]);
    }
  });

  test("says that the code is in the terminal, or that the mail is late, where it is so, over a reload too", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    helloAck(false, "terminal");
    expect(session()).toMatchObject({ kind: "code", delivery: "terminal" });
    helloAck();
    expect(session()).toMatchObject({ kind: "code", delivery: "mail" });
    visit.world.socket.say({ type: Type.MailLate, text: "late" });
    expect(session()).toMatchObject({ kind: "code", delivery: "late", stage: { kind: "typing" } });
    visit.load();
    expect(session()).toMatchObject({ kind: "code", delivery: "late" });
    submit();
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toMatchObject([{ type: Type.Auth, text: "ABC123", attempt: "a1" }]);
  });

  test("goes from name and address over the code to the room", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toEqual([{ type: Type.Hello, text: "Ada\nada@example.org" }]);
    expect(session()).toMatchObject({ kind: "join", asking: true });
    helloAck();
    expect(session()).toMatchObject({
      kind: "code",
      email: "ada@example.org",
      stage: { kind: "typing" },
      taken: false,
    });
    submit();
    expect(visit.world.socket.sent[1]).toEqual({
      type: Type.Auth,
      text: "ABC123",
      attempt: "a1",
      tab: "tab 1",
    });
    visit.world.socket.welcome("Ada", "token.of.ada");
    const me = { id: "id of Ada", name: "Ada" };
    const email = "ada@example.org";
    expect(session()).toEqual({ kind: "chat", me, email, token: "token.of.ada", stage: "here" });
    expect(visit.world.socket.sent[2]).toEqual({ type: Type.Join, room: "lobby" });
    expect([visit.store.read("token"), visit.store.read("name")]).toEqual(["token.of.ada", "Ada"]);
  });

  test("asks for one code, though Enter is pressed again before the page is drawn anew", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    ask();
    expect(visit.world.socket.sent).toHaveLength(1);
    helloAck();
    ask();
    expect(session()).toMatchObject({ kind: "code", stage: { kind: "typing" } });
    visit.page.happened({ kind: "ask-again" });
    visit.page.happened({ kind: "ask-again" });
    expect(visit.world.socket.sent).toHaveLength(2);
  });

  test("says at once that the name is somebody’s", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    helloAck(true);
    expect(session()).toMatchObject({ kind: "code", taken: true });
  });

  test("keeps asking while there is no connection", () => {
    visit.load();
    ask();
    visit.world.socket.close(1006);
    visit.world.pass(30_000);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toHaveLength(1);
  });

  test("shows a refusal at its field and keeps what was typed", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    visit.world.socket.say({
      ...{ type: Type.MayNotEnter, code: "email-invalid", user: { name: "Ada" } },
      ...{ text: "this is not one mail address", field: "email" },
    });
    expect(session()).toMatchObject({
      kind: "join",
      name: "Ada",
      email: "ada@example.org",
      problem: { field: "email", text: "This is not one mail address." },
    });
    expect(visit.world.socket.closed).toBe(true);
  });

  test("says why a code was not taken, and lets another be typed while that helps", () => {
    waitForMail();
    submit();
    visit.world.socket.say({
      ...{ type: Type.AuthRst, code: "wrong-code" },
      ...{ text: "this is not the code; 4 tries left", again: true },
    });
    expect(session()).toMatchObject({
      stage: { kind: "typing" },
      problem: "This is not the code; 4 tries left.",
    });
    submit();
    visit.world.socket.say({
      type: Type.AuthRst,
      code: "code-tries",
      text: "this one is void",
      again: false,
    });
    expect(session()).toMatchObject({ stage: { kind: "void" }, problem: "This one is void." });
    visit.page.happened({ kind: "ask-again" });
    helloAck();
    expect(session()).toMatchObject({ stage: { kind: "typing" }, problem: undefined });
  });

  test("says it in the person’s language, as exactly as the server does", () => {
    speak(german);
    onTestFinished(() => speak(english));
    waitForMail();
    submit();
    const again = {
      type: Type.AuthRst,
      code: "wrong-code",
      text: "this is not the code",
      again: true,
    } as const;
    visit.world.socket.say(again);
    expect(session()).toMatchObject({ problem: "Das ist nicht der Code aus der Mail." });
    submit();
    visit.world.socket.say({ ...again, code: "code-replaced", again: false });
    expect(session()).toMatchObject({ problem: expect.stringContaining("neuere Codes") });
    const user = { name: "Ada" };
    visit.world.socket.say({ type: Type.MayNotEnter, code: "names-full", user, text: "no", field: "name" });
    expect(session()).toMatchObject({ problem: { text: expect.stringContaining("kein neuer Name") } });
  });

  test("keeps the attempt when the connection is lost, and uses the code on the next one", () => {
    waitForMail();
    visit.world.socket.close(4001, "login took too long");
    expect(session()).toMatchObject({ stage: { kind: "typing" }, problem: undefined });
    expect(visit.page.link.value).toEqual({ kind: "off" });
    submit();
    visit.world.socket.close(1006);
    visit.world.pass(30_000);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toEqual([
      { type: Type.Auth, text: "ABC123", attempt: "a1", tab: "tab 1" },
    ]);
  });

  test("keeps the attempt over a reload, for as long as the code is good", () => {
    waitForMail();
    visit.load();
    expect(session()).toMatchObject({
      kind: "code",
      email: "ada@example.org",
      stage: { kind: "typing" },
      attempt: "a1",
    });
    visit.world.pass(600_000);
    visit.load();
    expect(session()).toMatchObject({ kind: "code", stage: { kind: "void" } });
  });

  test("takes the code from a link, in this tab and in another", () => {
    waitForMail();
    visit.world.hash = "#code=abc123";
    visit.page.arrived();
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Auth, text: "ABC123", attempt: "a1" });
    expect(visit.world.hash).toBe("");
    visit.store.write("form", "");
    visit.world.hash = "#code=abc123";
    visit.load();
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toMatchObject([{ type: Type.Auth, text: "ABC123", attempt: "a1" }]);
  });

  test("does nothing with a code nobody waits for", () => {
    visit.world.hash = "#code=abc123";
    visit.load();
    expect(session()).toMatchObject({ kind: "join" });
    expect(visit.world.sockets).toEqual([]);
  });

  test("shows what the server says about the mail, and when to ask again", () => {
    waitForMail();
    visit.world.socket.say({
      type: Type.Refused,
      code: "mail",
      text: "too many codes",
      retryAfterMs: 540_000,
    });
    expect(session()).toMatchObject({ notice: "Too many codes.", resendAt: visit.world.time + 540_000 });
  });

  test("remembers across a reload what was typed", () => {
    visit.load();
    visit.page.typed("Ada", "ada@exa");
    visit.load();
    expect(session()).toMatchObject({ kind: "join", name: "Ada", email: "ada@exa" });
  });

  test("goes back to the form with a blank connection", () => {
    waitForMail();
    visit.page.happened({ kind: "back" });
    expect(session()).toMatchObject({ kind: "join", name: "Ada", email: "ada@example.org" });
    expect(visit.world.socket.closed).toBe(true);
    expect(visit.world.timers).toBe(0);
  });

  describe("the way to the code one has", () => {
    const wait = { type: Type.Refused, code: "mail", text: "too many codes", retryAfterMs: 540_000 } as const;
    const back = () => visit.page.happened({ kind: "back" });
    const haveCode = () => visit.page.happened({ kind: "have-code" });
    const expectIn = () => {
      submit();
      visit.world.socket.accept();
      const auth = { type: Type.Auth, text: "ABC123", attempt: "a1" };
      expect(visit.world.socket.sent.at(-1)).toMatchObject(auth);
    };

    test("stays when another one is asked for, with another address, and refused", () => {
      waitForMail();
      back();
      visit.page.happened({ kind: "ask", name: "Ada", email: "other@example.org" });
      visit.world.socket.accept();
      visit.world.socket.say(wait);
      expect(session()).toMatchObject({ kind: "join", notice: "Too many codes." });
      haveCode();
      expect(session()).toMatchObject({ kind: "code", email: "ada@example.org", stage: { kind: "typing" } });
      expectIn();
    });

    test("stays over a reload, in the join form too, and by the link in the mail", () => {
      waitForMail();
      back();
      visit.load();
      expect(session()).toMatchObject({ kind: "join", code: { attempt: "a1" } });
      visit.world.hash = "#code=abc123";
      visit.page.arrived();
      visit.world.socket.accept();
      expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Auth, attempt: "a1" });
    });

    test("stays while another one is asked for and there is no connection", () => {
      waitForMail();
      visit.world.socket.close(1006);
      visit.page.happened({ kind: "ask-again" });
      visit.world.socket.close(1006);
      expect(session()).toMatchObject({ stage: { kind: "asking" } });
      visit.page.hurry();
      expectIn();
      helloAck();
      expect(session()).toMatchObject({ stage: { kind: "checking", code: "ABC123" } });
    });

    test("ends with the code", () => {
      waitForMail();
      submit();
      const rejected = { type: Type.AuthRst, code: "code-tries", text: "void", again: false } as const;
      visit.world.socket.say(rejected);
      visit.page.happened({ kind: "ask-again" });
      submit();
      expect(session()).toMatchObject({ stage: { kind: "asking" } });
      back();
      expect(session()).toMatchObject({ kind: "join", code: undefined });
      visit.world.pass(600_000);
      visit.load();
      expect(session()).toMatchObject({ kind: "join", code: undefined });
    });
  });

  test("a name that is somebody else’s is said at once where the server says so, with what can be done", () => {
    visit.load();
    ask();
    visit.world.socket.accept();
    const user = { name: "Ada" };
    visit.world.socket.say({ type: Type.MayNotEnter, code: "name-taken", user, text: "no", field: "name" });
    const text =
      "Ada is somebody’s name already. If it is yours, give the address that you took it with. If not, choose another name.";
    expect(session()).toMatchObject({
      kind: "join",
      name: "Ada",
      email: "ada@example.org",
      problem: { text },
    });
  });

  test("a server that was restarted without its state is said in plain words, and both fields are kept", () => {
    waitForMail();
    submit();
    visit.world.socket.welcome("Ada", "token.of.ada");
    visit.world.socket.joined();
    visit.world.socket.close(1006);
    visit.page.hurry();
    visit.world.socket.accept();
    const text = "this is no session of this server; log in by mail";
    visit.world.socket.say({ type: Type.AuthRst, code: "session-invalid", text, again: false });
    const form = { kind: "join", name: "Ada", email: "ada@example.org" };
    expect(session()).toMatchObject({
      ...form,
      notice: expect.stringContaining("does not know you any more"),
    });
    visit.load();
    expect(session()).toMatchObject(form);
  });

  test("stays in after a reload, by the token", () => {
    visit.enter();
    expect(visit.world.socket.sent[0]).toEqual({ type: Type.Auth, text: "token.of.ada", tab: "tab 1" });
    expect(session()).toMatchObject({ kind: "chat", stage: "here" });
  });

  test("asks for a new login when the token is not taken, and loses no draft", () => {
    visit.enter();
    visit.page.conversation.type("half a sentence");
    visit.load();
    visit.world.socket.accept();
    visit.world.socket.say({
      ...{ type: Type.AuthRst, code: "session-expired" },
      ...{ text: "the session has expired", again: false },
    });
    expect(session()).toMatchObject({
      kind: "join",
      name: "Ada",
      notice: expect.stringContaining("The session has expired."),
    });
    expect(visit.store.read("token")).toBe("");
    expect(visit.page.conversation.draft.text.value).toBe("half a sentence");
    expect(visit.world.socket.closed).toBe(true);
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import { goodbyes } from "../../src/protocol/close.ts";
import { Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
});

describe("the connection", () => {
  test("comes back by itself, and tells of the gap", () => {
    visit.enter();
    visit.world.socket.line("Bo", "Hello");
    visit.world.pass(60_000);
    visit.world.socket.close(1006);
    expect(visit.page.link.value).toMatchObject({ kind: "waiting" });
    visit.world.pass(40_000);
    visit.world.socket.accept();
    visit.world.socket.welcome("Ada");
    expect(visit.lines).toEqual(["Hello", "gap"]);
    expect(visit.page.conversation.timeline.value.at(-1)).toMatchObject({ awayMs: 40_000 });
  });

  test("waits longer from try to try, half a minute at most", () => {
    visit.enter();
    visit.world.chance = 0.999;
    const waits: number[] = [];
    for (let tries = 0; tries < 9; tries += 1) {
      visit.world.socket.close(1006);
      const waitMs =
        visit.page.link.value.kind === "waiting" ? visit.page.link.value.until - visit.world.time : 0;
      waits.push(Math.ceil(waitMs / 100) / 10);
      visit.world.pass(waitMs);
    }
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test("does not wait when things get better", () => {
    visit.enter();
    visit.world.socket.close(1006);
    visit.page.connection.hurry();
    expect(visit.world.sockets).toHaveLength(2);
    visit.page.connection.hurry();
    expect(visit.world.sockets).toHaveLength(2);
  });

  test("has patience where the server asks for it, and stops where it must", () => {
    visit.enter();
    visit.world.chance = 0;
    visit.world.socket.close(goodbyes.serverFull.code, goodbyes.serverFull.reason);
    expect(visit.page.link.value).toMatchObject({
      until: visit.world.time + 5000,
      reason: "the server is full",
    });
    visit.world.pass(5000);
    visit.world.socket.close(goodbyes.malformed.code, goodbyes.malformed.reason);
    expect(visit.page.link.value).toEqual({ kind: "stopped", reason: "not a Plume message" });
    visit.world.pass(600_000);
    visit.page.connection.hurry();
    expect(visit.world.sockets).toHaveLength(2);
    visit.page.connection.connect();
    expect(visit.world.sockets).toHaveLength(3);
  });

  test("gives up a socket that does not open or does not answer, and has one at a time", () => {
    visit.enter();
    visit.say("Is anybody there?");
    visit.world.pass(15_000);
    expect(visit.world.sockets[0]?.closed).toBe(true);
    visit.world.pass(500);
    expect(visit.world.sockets).toHaveLength(2);
    visit.world.pass(10_000);
    expect(visit.world.sockets[1]?.closed).toBe(true);
    visit.world.sockets[0]?.line("Bo", "Too late, from a socket of old.");
    expect(visit.lines).toEqual([]);
  });
});

describe("what I say", () => {
  beforeEach(() => visit.enter());

  test("goes out at once, and is in the list when it comes back", () => {
    expect(visit.say("Hello")).toBe(true);
    expect(visit.waiting).toEqual(["sent: Hello"]);
    visit.world.socket.line("Ada", "Hello");
    expect(visit.waiting).toEqual([]);
    expect(visit.page.conversation.timeline.value).toMatchObject([
      { kind: "said", text: "Hello", own: true },
    ]);
    expect(visit.page.conversation.draft.value).toBe("");
  });

  test("goes out one after the other, each when the one before has been heard", () => {
    for (const text of ["one", "two", "three"]) visit.say(text);
    expect(visit.spoken).toEqual(["one"]);
    visit.world.socket.line("Ada", "one");
    visit.world.socket.line("Bo", "two");
    expect(visit.spoken).toEqual(["one", "two"]);
    visit.world.socket.line("Ada", "two");
    expect(visit.spoken).toEqual(["one", "two", "three"]);
  });

  test("comes back to the composer when it is refused", () => {
    visit.say("Hello");
    visit.world.socket.house("not sent: too many messages (10 a second are allowed), try again in 2 s");
    expect(visit.page.conversation.draft.value).toBe("Hello");
    expect(visit.page.conversation.remark.value).toContain("Too many messages");
    expect([visit.waiting, visit.lines]).toEqual([[], []]);
  });

  test("stays as a failed line when the composer is in use, to be tried again or edited", () => {
    visit.say("Hello");
    visit.page.conversation.type("What I");
    visit.world.socket.house("not sent: too fast, try again in 2 s");
    expect(visit.waiting).toEqual(["refused: Hello"]);
    const id = visit.page.conversation.outbox.value[0]?.id ?? 0;
    visit.page.conversation.again(id);
    expect(visit.spoken).toEqual(["Hello"]);
    visit.world.pass(2000);
    expect(visit.spoken).toEqual(["Hello", "Hello"]);
    visit.world.socket.house("not sent: too fast, try again in 2 s");
    visit.page.conversation.edit(id);
    expect(visit.page.conversation.draft.value).toBe("What I\nHello");
    expect(visit.waiting).toEqual([]);
  });

  test("waits for a connection and goes out in order, no faster than the server takes it", () => {
    visit.world.socket.close(1006);
    for (let n = 1; n <= 25; n += 1) visit.say(`line ${n}`);
    expect(visit.waiting).toHaveLength(25);
    visit.world.pass(30_000);
    visit.world.socket.accept();
    visit.world.socket.welcome("Ada");
    const echo = () => {
      const last = visit.spoken.at(-1);
      if (last !== undefined) visit.world.socket.line("Ada", last);
    };
    for (let n = 0; n < 25; n += 1) echo();
    expect(visit.spoken).toHaveLength(15);
    for (let n = 0; n < 10; n += 1) {
      visit.world.pass(125);
      echo();
    }
    expect(visit.spoken).toEqual(Array.from({ length: 25 }, (_, n) => `line ${n + 1}`));
  });

  test("is marked as maybe not sent when the connection is lost on the way, also after a reload", () => {
    visit.say("Hello");
    visit.say("Again");
    visit.world.socket.close(1006);
    expect(visit.waiting).toEqual(["unsure: Hello", "waiting: Again"]);
    visit.load();
    expect(visit.waiting).toEqual(["unsure: Hello", "waiting: Again"]);
    visit.page.conversation.discard(visit.page.conversation.outbox.value[0]?.id ?? 0);
    visit.world.socket.accept();
    visit.world.socket.welcome("Ada");
    expect(visit.spoken).toEqual(["Again"]);
  });

  test("is marked as maybe not sent when no echo comes, and found when it comes late", () => {
    visit.say("Hello");
    visit.world.pass(5000);
    visit.world.socket.line("Bo", "The line is alive.");
    visit.world.pass(5000);
    expect(visit.waiting).toEqual(["unsure: Hello"]);
    visit.world.socket.line("Ada", "Hello");
    expect(visit.waiting).toEqual([]);
  });

  test("is not sent under another name", () => {
    visit.world.socket.close(1006);
    visit.say("For Ada only");
    visit.page.happened({ kind: "ask", name: "Eve", email: "eve@example.org" });
    visit.world.pass(30_000);
    visit.world.socket.accept();
    visit.page.happened({ kind: "submit", code: "ABC123" });
    visit.world.socket.welcome("Eve", "token.of.eve");
    expect([visit.waiting, visit.spoken]).toEqual([[], []]);
  });

  test("is never cut: over the limit it stays, with the number", () => {
    expect(visit.say("é".repeat(32_768))).toBe(true);
    expect(visit.say("é".repeat(32_769))).toBe(false);
    expect(visit.page.conversation.remark.value).toContain("65,538");
    expect(visit.page.conversation.draft.value).toHaveLength(32_769);
  });

  test("stays in the composer when too many lines wait", () => {
    visit.world.socket.close(1006);
    for (let n = 0; n < 100; n += 1) expect(visit.say("x")).toBe(true);
    expect(visit.say("one more")).toBe(false);
    expect(visit.page.conversation.remark.value).toContain("100");
    expect(visit.page.conversation.draft.value).toBe("one more");
  });

  test("is nothing when it is blank", () => {
    expect(visit.say(" \n ")).toBe(false);
    expect(visit.spoken).toEqual([]);
  });
});

describe("what others say", () => {
  beforeEach(() => visit.enter());

  test("is counted while nobody looks", () => {
    visit.watched = false;
    visit.world.socket.line("Bo", "Hello");
    visit.world.socket.line("Bo", "left chat");
    visit.world.socket.house("Welcome");
    visit.world.socket.line("Ada", "from my other tab");
    expect(visit.page.conversation.unread.value).toBe(1);
    visit.page.conversation.seen();
    expect(visit.page.conversation.unread.value).toBe(0);
  });

  test("shows a refusal that is not for a line of this tab", () => {
    visit.world.socket.house("not sent: log in first");
    expect(visit.lines).toEqual(["not sent: log in first"]);
  });
});

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { bounds } from "../../public/bounds.ts";
import { lastUndoable } from "../../public/outbox.ts";
import { german } from "../../public/words.de.ts";
import { english } from "../../public/words.en.ts";
import { speak } from "../../public/words.ts";
import { goodbyes } from "../../src/protocol/close.ts";
import { Type } from "../../src/protocol/v2.ts";
import { textEntry, Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
});

const go = (hash: string) => {
  visit.world.hash = hash;
  visit.page.arrived();
};

describe("the connection", () => {
  test("comes back by itself, and goes on where it was", () => {
    visit.enter();
    visit.world.socket.line(1, "Bo", "Hello");
    visit.world.socket.close(1006);
    expect(visit.page.link.value).toMatchObject({ kind: "waiting" });
    visit.comeBack();
    expect(visit.world.socket.sent.at(-1)).toEqual({
      ...{ type: Type.Join, room: "lobby" },
      since: { epoch: "e1", seq: 1 },
    });
    visit.world.socket.joined({ from: 1, last: 3 });
    visit.world.socket.say(textEntry(2, "Bo", "missed"), textEntry(3, "Bo", "this too"));
    expect(visit.lines).toEqual(["Hello", "missed", "this too"]);
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

  test("says in the person’s language why it ended, or else as the server did", () => {
    speak(german);
    onTestFinished(() => speak(english));
    visit.enter();
    visit.world.socket.close(goodbyes.restarting.code, goodbyes.restarting.reason);
    expect(visit.page.link.value).toMatchObject({ reason: "der Server startet neu" });
    visit.comeBack();
    visit.world.socket.close(4999, "for a reason of tomorrow");
    expect(visit.page.link.value).toMatchObject({ reason: "for a reason of tomorrow" });
  });

  test("gives up a socket that does not open or does not answer, and has one at a time", () => {
    visit.enter();
    visit.say("Is anybody there?");
    visit.world.socket.isDead = true;
    visit.world.pass(14_000);
    expect(visit.world.sockets[0]?.closed).toBe(true);
    visit.world.pass(500);
    expect(visit.world.sockets).toHaveLength(2);
    visit.world.pass(10_000);
    expect(visit.world.sockets[1]?.closed).toBe(true);
    visit.world.sockets[0]?.line(1, "Bo", "Too late, from a socket of old.");
    expect(visit.lines).toEqual([]);
  });
});

describe("what I say", () => {
  beforeEach(() => visit.enter());

  test("goes out at once, and is in the list when its message is there, in either order", () => {
    expect(visit.say("Hello")).toBe(true);
    expect(visit.waiting).toEqual(["sent: Hello"]);
    visit.world.socket.ack("Hello", 1);
    expect(visit.waiting).toEqual(["acked: Hello"]);
    visit.world.socket.line(1, "Ada", "Hello");
    expect([visit.waiting, visit.lines]).toEqual([[], ["Hello"]]);
    visit.say("Again");
    visit.world.socket.line(2, "Ada", "Again");
    visit.world.socket.ack("Again", 2);
    expect([visit.waiting, visit.lines]).toEqual([[], ["Hello", "Again"]]);
    expect(visit.page.conversation.draft.text.value).toBe("");
  });

  test("goes out when the clock was set back, and typing is told", () => {
    visit.say("before");
    visit.world.socket.ack("before", 1);
    visit.world.sleep(-3_600_000);
    visit.world.pass(5000);
    visit.say("after");
    expect(visit.spoken).toEqual(["before", "after"]);
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Typing)).toHaveLength(2);
  });

  test("stays as a failed line when it is refused, to be tried again in time, or edited", () => {
    visit.say("Hello");
    visit.world.socket.refuse("Hello", 2000);
    expect(visit.waiting).toEqual(["refused: Hello"]);
    const nonce = visit.page.conversation.sender.outbox.value[0]?.nonce ?? "";
    visit.page.conversation.sender.again(nonce);
    expect(visit.spoken).toEqual(["Hello"]);
    visit.world.pass(2000);
    visit.page.conversation.sender.again(nonce);
    expect(visit.spoken).toEqual(["Hello", "Hello"]);
    visit.world.socket.refuse("Hello", 2000);
    visit.page.conversation.type("What I");
    visit.page.conversation.draft.takeBack(nonce);
    expect(visit.page.conversation.draft.text.value).toBe("What I\nHello");
    expect(visit.waiting).toEqual([]);
  });

  test("can’t be discarded, edited or sent again by a button of before it went out", () => {
    visit.say("Hello");
    const { sender, draft } = visit.page.conversation;
    const nonce = sender.outbox.value[0]?.nonce ?? "";
    sender.discard(nonce);
    draft.takeBack(nonce);
    sender.again(nonce);
    expect([visit.waiting, visit.spoken, draft.text.value]).toEqual([["sent: Hello"], ["Hello"], ""]);
    visit.world.socket.ack("Hello", 1);
    sender.discard(nonce);
    sender.again(nonce);
    expect([visit.waiting, visit.spoken]).toEqual([["acked: Hello"], ["Hello"]]);
  });

  test("waits for a connection and goes out in order, no faster than the server takes it", () => {
    visit.world.socket.close(1006);
    for (let n = 1; n <= 25; n += 1) visit.say(`line ${n}`);
    visit.comeBack();
    expect(visit.spoken).toEqual([]);
    visit.world.socket.joined();
    for (let n = 1; n <= 25; n += 1) {
      if (visit.spoken.length < n) visit.world.pass(125);
      visit.world.socket.ack(`line ${n}`, n);
      visit.world.socket.line(n, "Ada", `line ${n}`);
    }
    expect(visit.spoken).toEqual(Array.from({ length: 25 }, (_, n) => `line ${n + 1}`));
    expect(visit.waiting).toEqual([]);
  });

  test("goes out again with the same nonce after a lost connection and a reload", () => {
    visit.say("Hello");
    const [first] = visit.world.socket.sent.filter(({ type }) => type === Type.Text);
    visit.world.socket.close(1006);
    visit.load();
    expect(visit.waiting).toEqual(["waiting: Hello"]);
    visit.comeBack();
    visit.world.socket.joined({ last: 1, from: 1 });
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Text)).toEqual([first]);
    visit.world.socket.ack("Hello", 1);
    expect(visit.waiting).toEqual([]);
  });

  test("goes out after the room is joined again, where the server has put one out", () => {
    visit.say("Hello");
    const nonce = visit.page.conversation.sender.outbox.value[0]?.nonce ?? "";
    visit.world.socket.say({ type: Type.Refused, code: "not-member", text: "join", room: "lobby", nonce });
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Join, since: { epoch: "e1", seq: 0 } });
    visit.world.socket.joined();
    expect(visit.spoken).toEqual(["Hello", "Hello"]);
  });

  test("goes out again after a while, from inside the room, where the server could not save it", () => {
    visit.say("Hello");
    const { nonce } = visit.page.conversation.sender.outbox.value[0] ?? { nonce: "" };
    const refusal = { type: Type.Refused, code: "busy", text: "cannot save", room: "lobby", nonce } as const;
    visit.world.socket.say({ ...refusal, retryAfterMs: 2000 });
    expect([visit.room.stage.kind, visit.waiting]).toEqual(["in", ["waiting: Hello"]]);
    visit.world.pass(1999);
    expect(visit.spoken).toEqual(["Hello"]);
    visit.world.pass(1);
    expect(visit.spoken).toEqual(["Hello", "Hello"]);
  });

  test("is not sent under another name", () => {
    visit.world.socket.close(1006);
    visit.say("For Ada only");
    visit.page.happened({ kind: "ask", name: "Eve", email: "eve@example.org" });
    visit.world.pass(30_000);
    visit.world.socket.accept();
    visit.world.socket.say({
      type: Type.HelloAck,
      attempt: "a",
      validMs: 1000,
      taken: false,
      sentBy: "mail",
    });
    visit.page.happened({ kind: "submit", code: "ABC123" });
    visit.world.socket.welcome("Eve", "token.of.eve");
    visit.world.socket.joined();
    expect([visit.waiting, visit.spoken]).toEqual([[], []]);
  });

  test("is never cut: over the limit it stays, with the number", () => {
    expect(visit.say("é".repeat(32_768))).toBe(true);
    expect(visit.say("é".repeat(32_769))).toBe(false);
    expect(visit.page.conversation.draft.remark.value).toContain("65,538");
    expect(visit.page.conversation.draft.text.value).toHaveLength(32_769);
  });

  test("stays in the composer when too many lines wait", () => {
    visit.world.socket.close(1006);
    for (let n = 0; n < 100; n += 1) expect(visit.say("x")).toBe(true);
    expect(visit.say("one more")).toBe(false);
    expect(visit.page.conversation.draft.remark.value).toContain("100");
    expect(visit.page.conversation.draft.text.value).toBe("one more");
  });

  test("is nothing when it is blank", () => {
    expect(visit.say(" \n ")).toBe(false);
    expect(visit.spoken).toEqual([]);
  });

  test("can be changed, with the draft from before back afterwards, and taken back", () => {
    visit.world.socket.line(1, "Ada", "Helo");
    visit.page.conversation.type("a draft");
    expect(visit.page.conversation.editLast()).toBe(true);
    expect(visit.page.conversation.draft.text.value).toBe("Helo");
    visit.say("Hello");
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Edit, of: 1, text: "Hello" });
    expect(visit.page.conversation.draft.text.value).toBe("a draft");
    const [line] = visit.room.timeline;
    if (line?.kind === "said") visit.page.conversation.deleteLine(line);
    visit.world.pass(bounds.undoMs);
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Delete, of: 1 });
  });

  test.each(["\u200b", "\u2800\n\u3164", "\u202a \u202c", "\u00ad"])(
    "of which nothing can be seen is not said: %j",
    (text) => {
      expect(visit.say(text)).toBe(false);
      expect(visit.page.conversation.draft.remark.value).toBe("Not sent: nothing can be seen in this.");
      expect([visit.spoken, visit.waiting]).toEqual([[], []]);
      expect(visit.say("👩\u200d🚀")).toBe(true);
    },
  );

  describe("that is taken back", () => {
    const deleted = () =>
      visit.world.socket.sent.flatMap((message) => (message.type === Type.Delete ? [message.of] : []));
    const remove = (seq: number) => {
      const line = visit.room.timeline.find((item) => item.seq === seq);
      if (line?.kind === "said") visit.page.conversation.deleteLine(line);
    };
    const sender = () => visit.page.conversation.sender;
    const undo = () => sender().discard(lastUndoable(sender().outbox.value, "lobby")?.nonce ?? "");

    beforeEach(() => {
      for (const seq of [1, 2]) visit.world.socket.line(seq, "Ada", `line ${seq}`);
      remove(2);
    });

    test("can be had back until some seconds are over, and no longer", () => {
      visit.world.pass(bounds.undoMs - 1);
      expect(undo()).toBe(true);
      visit.world.pass(bounds.undoMs);
      expect(deleted()).toEqual([]);
      remove(2);
      visit.world.pass(bounds.undoMs);
      expect([undo(), deleted()]).toEqual([false, [2]]);
    });

    test("can be had back after another one, the last one first", () => {
      remove(1);
      expect([undo(), undo(), undo()]).toEqual([true, true, false]);
      visit.world.pass(bounds.undoMs);
      expect(deleted()).toEqual([]);
    });

    test("is passed over by the arrow that changes the last line", () => {
      expect(visit.page.conversation.editLast()).toBe(true);
      expect(visit.page.conversation.draft.text.value).toBe("line 1");
    });

    test("is gone when the page or the room is left", () => {
      visit.page.conversation.sender.decide();
      expect(deleted()).toEqual([2]);
      remove(1);
      go("#kitchen"); // the only room is not left
      visit.page.leaveRoom("lobby");
      expect(deleted()).toEqual([2, 1]);
    });

    test("is gone after a reload", () => {
      visit.load();
      visit.comeBack();
      visit.world.socket.joined({ last: 2, from: 2 });
      expect(deleted()).toEqual([2]);
    });
  });

  test("is taken back once, though the button is pressed again before it is drawn anew", () => {
    visit.world.socket.line(1, "Ada", "Oops");
    const [line] = visit.room.timeline;
    const remove = () => line?.kind === "said" && visit.page.conversation.deleteLine(line);
    remove();
    remove();
    visit.world.pass(bounds.undoMs);
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Delete)).toHaveLength(1);
  });

  test("tells the others that I type, every three seconds at most", () => {
    const typings = () => visit.world.socket.sent.filter(({ type }) => type === Type.Typing).length;
    for (const text of ["H", "He", "Hel"]) visit.page.conversation.type(text);
    expect(typings()).toBe(1);
    visit.world.pass(3000);
    visit.page.conversation.type("Hell");
    visit.page.conversation.type("");
    expect(typings()).toBe(2);
  });
});

describe("what others do", () => {
  beforeEach(() => visit.enter());

  test("is counted while nobody looks, and told of", () => {
    visit.watched = false;
    visit.world.socket.line(1, "Bo", "Hello");
    visit.world.socket.line(2, "Ada", "from my other tab");
    expect(visit.page.conversation.list.unread.value).toBe(1);
    expect(visit.told).toMatchObject([{ room: "lobby", line: { text: "Hello" } }]);
    visit.watched = true;
    visit.page.conversation.seen("back");
    expect(visit.page.conversation.list.unread.value).toBe(0);
  });

  test("is seen: who is here and who types, without me, and not for ever", () => {
    visit.world.socket.say(
      { type: Type.Presence, room: "lobby", count: 2, names: ["Ada", "Bo"] },
      { type: Type.Typing, room: "lobby", count: 2, names: ["Ada", "Bo"] },
    );
    expect(visit.room).toMatchObject({ present: { count: 2 }, typing: { count: 1, names: ["Bo"] } });
    visit.world.pass(10_000);
    expect(visit.room.typing.count).toBe(0);
  });
});

describe.each(["lobby", "kitchen"])("the %s with another log than before", (room) => {
  /** Says two lines while the connection is away, and comes back to another log, after a reload where `reloads`. */
  const comeBackToAnother = (reloads: boolean) => {
    visit.enter();
    visit.page.openRoom(room, false);
    visit.world.socket.joined({ room });
    visit.world.socket.close(1006);
    visit.say("one");
    visit.say("two");
    visit.page.conversation.type("a draft");
    if (reloads) visit.load();
    visit.comeBack();
    visit.world.socket.joined({ room, epoch: "e2" });
  };
  const held = ["held: one", "held: two"];

  test.each([false, true])(
    "is sent nothing by itself that was said to the other (reloaded: %s)",
    (reloads) => {
      comeBackToAnother(reloads);
      visit.world.pass(60_000);
      expect([visit.waiting, visit.spoken]).toEqual([held, []]);
      visit.load();
      visit.comeBack();
      visit.world.socket.joined({ room, epoch: "e2" });
      expect([visit.waiting, visit.spoken]).toEqual([held, []]);
      expect(visit.page.conversation.draft.text.value).toBe("a draft");
    },
  );

  test("is sent them where the person wants it, and what is said from now on at once", () => {
    comeBackToAnother(false);
    visit.say("three");
    expect(visit.spoken).toEqual(["three"]);
    visit.page.conversation.sender.release(room);
    expect(visit.spoken).toEqual(["three", "one", "two"]);
  });

  test("is never sent them where the person discards them", () => {
    comeBackToAnother(false);
    visit.page.conversation.sender.discardHeld(room);
    visit.load();
    expect([visit.waiting, visit.spoken]).toEqual([[], []]);
  });
});

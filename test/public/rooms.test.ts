import { beforeEach, describe, expect, test } from "vitest";
import { Type } from "../../src/protocol/v2.ts";
import { Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
});

const go = (hash: string) => {
  visit.world.hash = hash;
  visit.page.arrived();
};

describe("rooms", () => {
  beforeEach(() => visit.enter());
  const rooms = () => visit.page.conversation.list.rooms.value.map(({ name, unread }) => `${name} ${unread}`);

  test("are gone into by their address, and counted while another is shown", () => {
    go("#kitchen");
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.Join, room: "kitchen" });
    visit.world.socket.joined({ room: "kitchen" });
    visit.world.socket.line(1, "Bo", "Hello", "lobby");
    expect([visit.room.name, rooms()]).toEqual(["kitchen", ["lobby 1", "kitchen 0"]]);
    go("#lobby");
    expect(rooms()).toEqual(["lobby 0", "kitchen 0"]);
  });

  test("have a draft each, and are joined again after a reload", () => {
    visit.page.conversation.type("for the lobby");
    go("#kitchen");
    visit.page.conversation.type("for the kitchen");
    visit.world.hash = "";
    visit.load();
    visit.comeBack();
    expect(visit.world.socket.sent.slice(1)).toMatchObject([{ room: "kitchen" }, { room: "lobby" }]);
    expect(visit.page.conversation.draft.text.value).toBe("for the kitchen");
    go("#lobby");
    expect(visit.page.conversation.draft.text.value).toBe("for the lobby");
  });

  test("let the invited in, and leave no invitation lying about", () => {
    go("#den?invite=1.abc");
    expect(visit.world.socket.sent.at(-1)).toEqual({
      type: Type.Join,
      room: "den",
      invite: "1.abc",
      private: true,
    });
    expect(visit.world.hash).toBe("#den");
    visit.world.socket.joined({ room: "den", private: true });
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.Invite, room: "den" });
    visit.world.socket.say({ type: Type.Invite, room: "den", text: "2.def", expiresAt: 0, uses: 1 });
    expect(visit.room).toMatchObject({ isPrivate: true, invite: "2.def" });
  });

  test("that were for the invited only are asked for as such ever after, and say nothing to another one of the name", () => {
    go("#den?invite=1.abc");
    visit.world.socket.joined({ room: "den", private: true });
    visit.world.socket.close(1006);
    visit.say("between us");
    visit.comeBack();
    const asksForPrivate = expect.objectContaining({ type: Type.Join, room: "den", private: true });
    expect(visit.world.socket.sent).toContainEqual(asksForPrivate);
    visit.load();
    visit.comeBack();
    expect(visit.world.socket.sent).toContainEqual(asksForPrivate);
    const text = "this room is not for the invited only";
    visit.world.socket.say({ type: Type.Refused, code: "room", text, room: "den" });
    expect(visit.room.stage).toEqual({ kind: "refused", reason: `T${text.slice(1)}.` });
    visit.world.pass(60_000);
    expect([visit.waiting, visit.spoken]).toEqual([["waiting: between us"], []]);
    visit.world.socket.close(1006);
    visit.comeBack();
    expect([visit.waiting, visit.spoken]).toEqual([["waiting: between us"], []]);
  });

  test("say why one may not come in, and let one try again", () => {
    go("#den");
    visit.world.socket.say({ type: Type.Refused, code: "invite", text: "this room is private", room: "den" });
    expect(visit.room.stage).toEqual({ kind: "refused", reason: "This room is private." });
    go("#den?invite=1.abc");
    expect(visit.world.socket.sent.at(-1)).toMatchObject({ type: Type.Join, room: "den", invite: "1.abc" });
  });

  describe("that let nobody in", () => {
    const noEntry = (room: string) =>
      visit.world.socket.say({ type: Type.Refused, code: "invite", text: "this room is private", room });
    const names = () => visit.page.conversation.list.rooms.value.map(({ name }) => name);

    test("are not kept: they go when one goes on, and with a reload", () => {
      go("#vault");
      noEntry("vault");
      expect([visit.room.name, visit.store.read("rooms")]).toEqual([
        "vault",
        expect.not.stringContaining("vault"),
      ]);
      go("#lobby");
      expect(names()).toEqual(["lobby"]);
      visit.page.leaveRoom("vault");
      expect(visit.world.socket.sent.filter(({ type }) => type === Type.Leave)).toEqual([]);
    });

    test("have what was typed meanwhile, over a reload, until it is discarded; none of it is on its way", () => {
      go("#vault");
      visit.say("May I?");
      noEntry("vault");
      expect(visit.waiting).toEqual(["waiting: May I?"]);
      go("#lobby");
      expect(names()).toEqual(["lobby", "vault"]);
      visit.world.hash = "";
      visit.load();
      visit.comeBack();
      expect(names()).toEqual(["lobby", "vault"]);
      go("#vault");
      noEntry("vault");
      visit.page.conversation.sender.discard(visit.page.conversation.sender.outbox.value[0]?.nonce ?? "");
      go("#lobby");
      expect(names()).toEqual(["lobby"]);
    });

    test("though they did before, stay in the list until one leaves, and change no line", () => {
      go("#vault");
      visit.world.socket.joined({ room: "vault", private: true });
      visit.world.socket.line(1, "Ada", "mine", "vault");
      visit.page.conversation.editLast();
      visit.world.socket.say({ type: Type.Left, room: "vault" });
      expect(visit.room.stage).toEqual({ kind: "refused", reason: "You are not in this room any more." });
      expect(visit.page.conversation.draft.editing.value).toBeUndefined();
      go("#lobby");
      expect(names()).toEqual(["lobby", "vault"]);
      expect(visit.store.read("rooms")).toContain("vault");
    });
  });

  test("are not left where there is no other: coming back at once would be told to everybody", () => {
    visit.page.leaveRoom("lobby");
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Leave)).toEqual([]);
    expect(visit.room.stage.kind).toBe("in");
  });

  test("can be left; whoever leaves the last one is in the lobby", () => {
    go("#kitchen");
    visit.page.leaveRoom("kitchen");
    expect(visit.world.socket.sent.at(-1)).toEqual({ type: Type.Leave, room: "kitchen" });
    expect([visit.world.hash, rooms()]).toEqual(["#lobby", ["lobby 0"]]);
  });

  test("are left once, though the button is pressed again before it is drawn anew", () => {
    go("#kitchen");
    visit.page.leaveRoom("kitchen");
    visit.page.leaveRoom("kitchen");
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Leave)).toHaveLength(1);
  });

  test("give their older messages when asked, once at a time", () => {
    go("#kitchen");
    visit.world.socket.joined({ room: "kitchen", first: 1, last: 60, from: 10 });
    visit.page.conversation.askOlder();
    visit.page.conversation.askOlder();
    expect(visit.world.socket.sent.filter(({ type }) => type === Type.Older)).toEqual([
      { type: Type.Older, room: "kitchen", before: 11 },
    ]);
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import { bounds } from "../../public/bounds.ts";
import { firstNew } from "../../public/room.ts";
import { Type } from "../../src/protocol/v2.ts";
import { Visit } from "./support.ts";

/** Two tabs of one browser, where Ada is in the lobby, and one in which she looks at it. */
let here: Visit;
let there: Visit;

beforeEach(() => {
  here = new Visit();
  here.enter();
  there = new Visit(here);
  there.enter();
  there.watched = false;
});

/** Both tabs get the line, one after the other. */
function hear(seq: number, text: string, order: readonly Visit[] = [here, there]): void {
  for (const tab of order) tab.world.socket.line(seq, "Bo", text);
}
const pass = () => [here, there].forEach((tab) => void tab.world.pass(bounds.tellAfterMs));
const told = () => [here, there].flatMap((tab) => tab.told.map(({ line }) => line.text));
const unread = () => [here, there].map((tab) => tab.page.conversation.list.unread.value);

describe("several tabs of one browser are one person’s", () => {
  test("what nobody saw rings in one of them, whichever hears first", () => {
    here.watched = false;
    hear(1, "one");
    pass();
    hear(2, "two", [there, here]);
    pass();
    expect(told()).toEqual(["one", "two"]);
    expect(unread()).toEqual([2, 2]);
  });

  test("one that hears later, or is loaded anew, does not ring for what another has told of", () => {
    here.watched = false;
    here.world.socket.line(1, "Bo", "one");
    here.world.pass(bounds.claimMs);
    here.world.claims.clear();
    there.world.socket.line(1, "Bo", "one");
    there.world.pass(10_000);
    expect(told()).toEqual(["one"]);
  });

  test("one that hears nothing, for it sleeps or its connection is dead, keeps no other from ringing", () => {
    here.watched = false;
    here.world.socket.isDead = true;
    there.world.socket.line(1, "Bo", "one");
    there.world.pass(bounds.tellAfterMs);
    expect(there.told).toHaveLength(1);
  });

  test.each([
    ["first", () => [here, there]],
    ["last", () => [there, here]],
  ])(
    "what somebody sees in one rings in none, and is unread in none, where that one hears %s",
    (_, order) => {
      hear(1, "one", order());
      pass();
      expect([told(), unread()]).toEqual([[], [0, 0]]);
    },
  );

  test("what was unread is read in all as soon as somebody looks at one", () => {
    here.watched = false;
    hear(1, "one");
    hear(2, "two, @Ada");
    there.world.socket.line(3, "Bo", "three, which the other has not heard yet");
    expect(unread()).toEqual([2, 3]);
    here.watched = true;
    here.page.conversation.seen("back");
    expect(unread()).toEqual([0, 1]);
    expect(there.room.mentioned).toBe(false);
    here.world.socket.line(3, "Bo", "three, which the other has not heard yet");
    expect(unread()).toEqual([0, 0]);
  });

  test("what was seen in one is not marked as new in another, nor counted there after a reload, as of a tab put away", () => {
    here.watched = false;
    hear(1, "one");
    hear(2, "two, @Ada");
    const load = () => {
      there.load();
      there.comeBack();
      there.world.socket.joined({ last: 2 });
      for (const seq of [1, 2]) there.world.socket.line(seq, "Bo", "again");
    };
    load();
    expect(unread()).toEqual([2, 2]);
    here.watched = true;
    here.page.conversation.seen("back");
    expect(unread()).toEqual([0, 0]);
    hear(3, "three", [here]);
    there.load();
    expect(unread()).toEqual([0, 0]);
    load();
    there.watched = true;
    there.page.conversation.seen("back");
    expect([unread(), firstNew(there.room)]).toEqual([[0, 0], undefined]);
  });

  test("one that is behind does not count as new what was seen in another", () => {
    here.world.socket.line(1, "Bo", "one");
    there.world.socket.line(1, "Bo", "one");
    there.world.pass(bounds.tellAfterMs);
    expect([there.told, unread()]).toEqual([[], [0, 0]]);
  });

  test("a room that is not shown in the tab somebody looks at is unread in both, and rings once", () => {
    for (const tab of [here, there]) {
      tab.page.openRoom("kitchen", false);
      tab.world.socket.joined({ room: "kitchen" });
    }
    hear(1, "in the lobby");
    pass();
    expect([told(), unread()]).toEqual([["in the lobby"], [1, 1]]);
  });

  test("of another log, or of somebody else, nothing is taken for seen", () => {
    there.world.socket.line(1, "Bo", "one");
    const seen = { kind: "seen", person: "id of Ada", room: "lobby", epoch: "e1", seq: 9 };
    const hearFromTab = there.world.tabs.get(there.world);
    for (const change of [{ epoch: "e2" }, { person: "id of Bo" }, { room: "attic" }, { seq: "9" }]) {
      hearFromTab?.({ ...seen, ...change });
    }
    expect(unread()).toEqual([0, 1]);
    hearFromTab?.(seen);
    expect(unread()).toEqual([0, 0]);
  });
});

test("a tab alone tells at once, and a line once, over a reload too", () => {
  const alone = new Visit();
  alone.enter();
  alone.watched = false;
  alone.world.socket.line(1, "Bo", "one");
  expect(alone.told).toHaveLength(1);
  alone.load();
  alone.comeBack();
  alone.world.socket.joined({ last: 1 });
  alone.world.socket.line(1, "Bo", "one");
  alone.world.socket.say({ type: Type.Pong });
  expect(alone.told).toHaveLength(1);
});

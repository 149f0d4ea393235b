import { describe, expect, it } from "vitest";
import type { Client } from "../../src/chat/client.ts";
import { limits } from "../../src/limits.ts";
import { openRoom } from "./support.ts";

const { graceMs, presenceEveryMs, typingMs, presenceNames } = limits;

describe("who is there", () => {
  it("is told to a newcomer at once, and to all when it changes, in the order of their coming", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    await clock.settle();
    expect(ann.presence).toEqual(["ann"]);
    const bob = await enter("bob");
    await clock.settle();
    expect(bob.presence).toEqual(["ann"]); // told a moment ago
    await clock.advance(presenceEveryMs);
    expect([ann.presence, bob.presence]).toEqual([
      ["ann", "bob"],
      ["ann", "bob"],
    ]);
    await ann.client.leave("left");
    await clock.settle();
    expect(bob.presence).toEqual(["ann", "bob"]);
    await clock.advance(presenceEveryMs);
    expect(bob.presence).toEqual(["bob"]);
  });

  it("is told once in a while, however much changes, and then as it is", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    for (const name of ["bob", "cleo", "dan"]) {
      const one = await enter(name);
      if (name === "cleo") await one.client.leave("left");
      await clock.advance(presenceEveryMs / 10);
    }
    await clock.advance(10 * presenceEveryMs);
    expect(ann.signals.map(({ names }) => names)).toEqual([["ann"], ["ann", "bob", "dan"]]);
    expect(clock.timers).toBe(0);
  });

  it("is at once what it is, after a quiet time", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    await clock.advance(presenceEveryMs);
    await enter("bob");
    await clock.settle();
    expect(ann.presence).toEqual(["ann", "bob"]);
  });

  it("is people, and not tabs", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    await enter("Ann");
    await clock.advance(presenceEveryMs);
    expect(ann.signals).toEqual([{ kind: "presence", count: 1, names: ["ann"] }]);
  });

  it("is all of them, and some of their names", async () => {
    const { enter, clock } = openRoom();
    const first = await enter("person 0");
    for (let n = 1; n <= presenceNames; n += 1) await enter(`person ${n}`);
    await clock.advance(presenceEveryMs);
    expect(first.signals.at(-1)?.count).toBe(presenceNames + 1);
    expect(first.presence?.length).toBe(presenceNames);
    expect(first.presence?.at(-1)).toBe(`person ${presenceNames - 1}`);
  });

  it("is told to one that stalled as it is now, and not as it was meanwhile", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann", { takes: 0 });
    for (const name of ["bob", "cleo", "dan"]) {
      await enter(name);
      await clock.advance(presenceEveryMs);
    }
    ann.goOn();
    await clock.settle();
    expect(ann.signals).toEqual([{ kind: "presence", count: 4, names: ["ann", "bob", "cleo", "dan"] }]);
  });
});

describe("somebody whose connection is lost", () => {
  it("and who is back within the grace was never away", async () => {
    const { enter, clock, people } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await bob.client.leave("lost");
    await clock.advance(graceMs - 1);
    const back = await enter("bob");
    await clock.advance(10 * graceMs);
    expect(ann.heard).toEqual(["ann entered", "bob entered"]);
    expect(back.heard).toEqual([]);
    expect(back.presence).toEqual(["ann", "bob"]);
    expect(people).toEqual([1, 2]);
    expect(clock.timers).toBe(0);
  });

  it("has left when the grace is over, and enters when they come after it", async () => {
    const { enter, clock, people } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await bob.client.leave("lost");
    await clock.advance(graceMs - 1);
    expect(ann.presence).toEqual(["ann", "bob"]);
    expect(people).toEqual([1, 2]);
    await clock.advance(1);
    expect(ann.presence).toEqual(["ann"]);
    expect(people).toEqual([1, 2, 1]);
    await enter("bob");
    await clock.settle();
    expect(ann.heard).toEqual(["ann entered", "bob entered", "bob left", "bob entered"]);
  });

  it("is still there for good while they have another tab", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    const lost = await enter("bob");
    const stays = await enter("bob");
    await lost.client.leave("lost");
    await clock.advance(10 * graceMs);
    expect(ann.heard).toEqual(["ann entered", "bob entered"]);
    expect(clock.timers).toBe(0);
    await stays.client.leave("left");
    await clock.settle();
    expect(ann.heard.at(-1)).toBe("bob left");
  });

  it("again has the whole grace again", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    await (await enter("bob")).client.leave("lost");
    await clock.advance(graceMs / 2);
    await (await enter("bob")).client.leave("lost");
    await clock.advance(graceMs - 1);
    expect(ann.heard).not.toContain("bob left");
    await clock.advance(1);
    expect(ann.heard).toContain("bob left");
  });

  it("leaves nothing behind when all are gone", async () => {
    const { enter, clock } = openRoom();
    for (const name of ["ann", "bob"]) {
      const one = await enter(name);
      one.client.typing();
      await one.client.leave("lost");
    }
    await clock.advance(graceMs + presenceEveryMs);
    expect(clock.timers).toBe(0);
  });
});

describe("who types", () => {
  /** Ann and bob, after a quiet time. */
  async function opened() {
    const house = openRoom();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    await house.clock.advance(presenceEveryMs);
    await house.clock.advance(presenceEveryMs);
    return { ...house, ann, bob };
  }

  it("is told at once, and no more when the time is over since they last said so", async () => {
    const { ann, bob, clock } = await opened();
    bob.client.typing();
    await clock.settle();
    expect(ann.typing).toEqual(["bob"]);
    await clock.advance(typingMs - 1);
    bob.client.typing();
    await clock.advance(typingMs - 1);
    expect(ann.typing).toEqual(["bob"]);
    await clock.advance(1);
    expect(ann.typing).toEqual([]);
    expect(ann.signals.filter(({ kind }) => kind === "typing").length).toBe(2);
    expect(clock.timers).toBe(0);
  });

  it.each([
    ["have said something", (client: Client) => client.say("hi")],
    ["have left", (client: Client) => client.leave("left")],
  ])("does not any more once they %s", async (_, act) => {
    const { ann, bob, clock } = await opened();
    bob.client.typing();
    await clock.advance(presenceEveryMs);
    expect(ann.typing).toEqual(["bob"]);
    await act(bob.client);
    await clock.settle();
    expect(ann.typing).toEqual([]);
  });

  it("is told once in a while, and then as it is, along with who is there", async () => {
    const { ann, bob, enter, clock } = await opened();
    bob.client.typing();
    await clock.settle();
    ann.client.typing();
    await enter("cleo");
    await bob.client.say("hi");
    await clock.settle();
    expect([ann.typing, ann.presence]).toEqual([["bob"], ["ann", "bob"]]);
    await clock.advance(presenceEveryMs);
    expect([ann.typing, ann.presence]).toEqual([["ann"], ["ann", "bob", "cleo"]]);
  });

  it("is not told again when it is only who is there that changes", async () => {
    const { ann, bob, enter, clock } = await opened();
    bob.client.typing();
    await clock.advance(presenceEveryMs);
    await enter("cleo");
    await clock.advance(presenceEveryMs);
    expect(ann.signals.slice(-2).map(({ kind }) => kind)).toEqual(["typing", "presence"]);
  });

  it("is no news to a newcomer while nobody does", async () => {
    const { bob, enter, clock } = await opened();
    bob.client.typing();
    await clock.advance(typingMs + presenceEveryMs);
    const cleo = await enter("cleo");
    await clock.advance(presenceEveryMs);
    expect(cleo.typing).toBeUndefined();
    bob.client.typing();
    await clock.advance(presenceEveryMs);
    const dan = await enter("dan");
    await clock.settle();
    expect(dan.typing).toEqual(["bob"]);
  });
});

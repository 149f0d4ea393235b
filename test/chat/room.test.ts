import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { openRoom, Reader, user } from "./support.ts";

const asNew = { since: undefined, pass: { kind: "none" } } as const;

describe("a room", () => {
  it("gives everybody who is in it every message once, in one order", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await ann.client.say("hello");
    await bob.client.say("hi");
    await settle();
    expect(ann.heard).toEqual(["ann entered", "bob entered", "ann: hello", "bob: hi"]);
    expect(bob.heard).toEqual(["bob entered", "ann: hello", "bob: hi"]);
  });

  it("hears of a person's first tab and last, not of each", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const first = await enter("bob");
    const second = await enter("bob");
    await first.client.leave("left");
    await second.client.leave("left");
    await settle();
    expect(ann.heard).toEqual(["ann entered", "bob entered", "bob left"]);
  });

  it("tells of everybody's coming and going up to a number of people, and above it only counts them", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    for (let n = 2; n < limits.announcedPeople; n += 1) await enter(`guest${n}`);
    const last = await enter("last");
    const over = await enter("over");
    await settle();
    expect(ann.heard).toHaveLength(limits.announcedPeople);
    expect(ann.heard.at(-1)).toBe("last entered");
    await over.client.leave("left");
    await last.client.leave("left");
    await settle();
    expect(ann.heard.slice(limits.announcedPeople)).toEqual(["last left"]);
  });

  it("says nothing more to somebody who has left", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await bob.client.leave("left");
    await ann.client.say("psst");
    await settle();
    expect(bob.heard).not.toContain("ann: psst");
    await bob.life;
  });

  it("defect 15: goes on for all others while one reader stalls", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const stalled = await enter("bob", { takes: 0 });
    for (let n = 1; n <= 5; n += 1) await ann.client.say(`${n}`);
    await settle();
    expect(ann.heard.slice(-2)).toEqual(["ann: 4", "ann: 5"]);
    expect(stalled.heard).toEqual([]);
  });

  it("tells a reader that fell behind its history which messages it missed, and goes on with the rest", async () => {
    const { enter, settle } = openRoom({ history: 4 });
    const ann = await enter("ann");
    const slow = await enter("bob", { takes: 1 });
    for (let n = 1; n <= 9; n += 1) {
      await ann.client.say(`${n}`);
      await settle();
    }
    slow.goOn();
    await settle();
    // Numbers 1 and 2 are the two who entered, 3 to 11 what ann said.
    expect(slow.heard).toEqual(["bob entered", "missed 3 to 7", "ann: 6", "ann: 7", "ann: 8", "ann: 9"]);
  });

  it("ends the life of one that fell behind and would rather stop", async () => {
    const { enter, outcome } = openRoom({ history: 2 });
    const ann = await enter("ann");
    const reader = Object.assign(new Reader(0), { missed: () => "stop" as const });
    const slow = await enter("bob", { reader });
    for (const line of ["1", "2", "3"]) await outcome(ann.client.say(line));
    slow.goOn();
    await slow.life;
    expect(slow.heard).toEqual([]);
  });

  it("loses nothing for readers that keep up when far more than its history is said at once", async () => {
    const { enter, settle, outcome } = openRoom({ history: 8 });
    const ann = await enter("ann");
    const bob = await enter("bob");
    const lines = Array.from({ length: 100 }, (_, n) => `${n}`);
    await outcome(Promise.all(lines.map((line) => ann.client.say(line))));
    await settle();
    expect(bob.heard).toEqual(["bob entered", ...lines.map((line) => `ann: ${line}`)]);
  });

  it("loses nothing for readers that keep up when far more than its history were lost at once, and go", async () => {
    const { enter, clock } = openRoom({ history: 8 });
    const ann = await enter("ann");
    const others = Array.from({ length: 100 }, (_, n) => `bob ${n}`);
    for (const name of others) await (await enter(name)).client.leave("lost");
    await clock.advance(limits.graceMs);
    expect(ann.heard.slice(101)).toEqual(others.map((name) => `${name} left`));
    await ann.client.leave("left");
    await clock.advance(limits.presenceEveryMs);
    expect(clock.timers).toBe(0);
  });

  it("does what it was asked before it closes, and refuses what comes after", async () => {
    const { room, enter, settle } = openRoom();
    const ann = await enter("ann");
    const said = ann.client.say("last words");
    room.close();
    expect(await said).toEqual({ kind: "done", seq: 2 });
    expect(await ann.client.say("too late")).toEqual({ kind: "closed" });
    expect(await room.enter(user("bob"), asNew)).toEqual({ kind: "closed" });
    await settle();
    await ann.life;
    expect(ann.heard).toEqual(["ann entered", "ann: last words"]);
  });

  it("answers those who wait when it fails", async () => {
    const { room, life } = openRoom();
    const leaving = room.leave(user("nobody"), "left");
    const arriving = room.enter(user("bob"), asNew);
    const posting = room.post(user("bob"), { kind: "text", text: "hello" }, undefined);
    await expect(life).rejects.toThrow("someone left a room they were not in");
    expect(await leaving).toBe(true);
    expect(await arriving).toEqual({ kind: "closed" });
    expect(await posting).toEqual({ kind: "closed" });
  });

  it("lets nobody in who comes while it closes", async () => {
    const { room, life } = openRoom();
    const arriving = room.enter(user("ann"), asNew);
    room.close();
    expect(await arriving).toEqual({ kind: "closed" });
    await life;
  });

  it("does nothing for a client that has left, however often it leaves", async () => {
    const { enter, clock } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await bob.client.leave("left");
    await bob.client.leave("lost");
    bob.client.typing();
    expect(await bob.client.say("boo")).toEqual({ kind: "closed" });
    expect(await ann.client.say("he is gone")).toMatchObject({ kind: "done" });
    await clock.advance(limits.presenceEveryMs);
    expect(ann.heard).toEqual(["ann entered", "bob entered", "bob left", "ann: he is gone"]);
    expect(ann.signals.map(({ kind }) => kind)).not.toContain("typing");
  });

  it("goes on when one of its readers fails, at a message or at a signal", async () => {
    const { enter, outcome, settle } = openRoom();
    const ann = await enter("ann");
    for (const part of ["deliver", "signal"] as const) {
      const reader = new Reader(10);
      reader[part] = () => {
        throw new Error(`${part} failed`);
      };
      const bob = await enter("bob", { reader });
      await expect(bob.life).rejects.toThrow(`${part} failed`);
      const heard = [...bob.heard];
      await outcome(ann.client.say("hello"));
      await settle();
      expect(bob.heard).toEqual(heard);
      expect(ann.heard.at(-1)).toBe("ann: hello");
      await bob.client.leave("left");
    }
  });

  it("leaves no timer behind when it fails", async () => {
    const { room, enter, clock, life } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    ann.client.typing();
    await bob.client.leave("lost");
    await clock.settle();
    expect(clock.timers).toBeGreaterThan(0);
    await room.leave(user("nobody"), "left");
    await expect(life).rejects.toThrow();
    expect(clock.timers).toBe(0);
  });
});

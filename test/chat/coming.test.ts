import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { openRoom, type Visitor } from "./support.ts";

/** A room in which ann entered as number 1 and said lines up to number `last`. */
async function roomUpTo(last: number, options: Parameters<typeof openRoom>[0] = {}) {
  const opened = openRoom(options);
  const ann = await opened.enter("ann");
  const lines = Array.from({ length: last - 1 }, (_, n) => ann.client.say(`${n + 2}`));
  await opened.outcome(Promise.all(lines));
  return { ...opened, ann };
}

const numbers = ({ messages }: Pick<Visitor, "messages">) => messages.map(({ seq }) => seq);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("somebody who comes in", () => {
  it("hears what happens from then on, their own coming in first, when that is what they want", async () => {
    const { enter, settle } = await roomUpTo(5);
    const bob = await enter("bob", { since: "now" });
    await settle();
    expect(bob.entered).toMatchObject({ first: 1, last: 6, from: 5 });
    expect(bob.heard).toEqual(["bob entered"]);
  });

  it.each([
    { last: 10, first: 1 },
    { last: limits.joinMessages - 1, first: 1 },
    { last: limits.joinMessages, first: 2 },
    { last: 2 * limits.joinMessages, first: limits.joinMessages + 2 },
  ])("for the first time gets numbers from $first on, when there were $last", async ({ last, first }) => {
    const { enter, settle } = await roomUpTo(last, { history: 1000 });
    const bob = await enter("bob", { since: undefined });
    await settle();
    expect(bob.entered).toMatchObject({ first: 1, last: last + 1, from: first - 1 });
    expect(numbers(bob)).toEqual(from(first, last + 1));
  });

  it("for the first time gets no gap, where the room has fewer than it would tell", async () => {
    const { enter, settle } = await roomUpTo(20, { history: 4 });
    const bob = await enter("bob", { since: undefined });
    await settle();
    expect(bob.entered).toMatchObject({ first: 18, last: 21, from: 17 });
    expect(bob.heard).toEqual(["ann: 18", "ann: 19", "ann: 20", "bob entered"]);
  });

  it.each([0, 1, 7, 9, 10])("goes on exactly behind number %d, where they were", async (seq) => {
    const { room, enter, settle } = await roomUpTo(10);
    const bob = await enter("bob", { since: { epoch: room.epoch, seq } });
    await settle();
    expect(bob.entered.from).toBe(seq);
    expect(numbers(bob)).toEqual(from(seq + 1, 11));
  });

  it("is told what they missed that the room no longer has", async () => {
    const { room, enter, settle } = await roomUpTo(10, { history: 4 });
    const bob = await enter("bob", { since: { epoch: room.epoch, seq: 3 } });
    await settle();
    expect(bob.entered).toMatchObject({ first: 8, from: 3 });
    expect(bob.heard).toEqual(["missed 4 to 7", "ann: 8", "ann: 9", "ann: 10", "bob entered"]);
  });

  it.each([
    ["a number the room has not reached", { seq: 11 }],
    ["another epoch", { epoch: "another", seq: 5 }],
  ])("with %s is new", async (_, place) => {
    const { room, enter, settle } = await roomUpTo(10);
    const bob = await enter("bob", { since: { epoch: room.epoch, ...place } });
    await settle();
    expect(bob.entered.from).toBe(0);
    expect(numbers(bob)).toEqual(from(1, 11));
  });
});

describe("earlier messages", () => {
  it.each([
    { before: 1, got: [] },
    { before: 0, got: [] },
    { before: 4, got: [1, 2, 3] },
    { before: 11, got: from(1, 10) },
    { before: 1_000_000, got: from(1, 10) },
  ])("before $before are those the room still has, in order", async ({ before, got }) => {
    const { room } = await roomUpTo(10);
    const { first, messages } = room.older(before);
    expect(first).toBe(1);
    expect(numbers({ messages: [...messages] })).toEqual(got);
  });

  it("end where the ring ends, and are so many at once", async () => {
    const { room } = await roomUpTo(1000, { history: 900 });
    expect(numbers({ messages: [...room.older(1001).messages] })).toEqual(
      from(1001 - limits.olderMessages, 1000),
    );
    const { first, messages } = room.older(110);
    expect(first).toBe(101);
    expect(numbers({ messages: [...messages] })).toEqual(from(101, 109));
  });

  it("are as many as their bytes allow, but at least one", async () => {
    const { room, enter } = openRoom({ historyBytes: 100 * limits.olderBytes });
    const ann = await enter("ann");
    for (const share of [3, 3, 3, 1]) await ann.client.say("x".repeat(limits.olderBytes / 7 / share));
    expect(numbers({ messages: [...room.older(5).messages] })).toEqual([3, 4]);
    expect(numbers({ messages: [...room.older(6).messages] })).toEqual([5]);
  });
});

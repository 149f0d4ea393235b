import { describe, expect, it } from "vitest";
import { inWords, openRoom } from "./support.ts";

const notTheirs = { kind: "not yours" };
const done = (seq: number) => ({ kind: "done", seq });

/** Ann is number 1, bob number 2, and ann said number 3. */
async function opened(options: Parameters<typeof openRoom>[0] = {}) {
  const house = openRoom(options);
  const ann = await house.enter("ann");
  const bob = await house.enter("bob");
  await house.outcome(ann.client.say("helo"));
  const log = () => house.room.older(Number.MAX_SAFE_INTEGER).messages.map(inWords);
  return { ...house, ann, bob, log };
}

describe("what is sent", () => {
  it("is answered with its number in the log", async () => {
    const { ann, bob } = await opened();
    expect(await bob.client.say("hi")).toEqual(done(4));
    expect(await ann.client.edit(3, "hello", "a")).toEqual(done(5));
    expect(await ann.client.remove(3, "b")).toEqual(done(6));
  });

  it("again with its nonce is answered as it was, and not posted twice, from whichever tab", async () => {
    const { ann, enter, log } = await opened();
    const otherTab = await enter("Ann");
    for (const { client } of [ann, ann, otherTab]) {
      expect(await client.say("once", "a")).toEqual(done(4));
      expect(await client.edit(3, "hello", "b")).toEqual(done(5));
      expect(await client.remove(3, "c")).toEqual(done(6));
    }
    expect(log().length).toBe(6);
  });

  it("with the nonce of somebody else is another line", async () => {
    const { ann, bob } = await opened();
    expect(await ann.client.say("mine", "a")).toEqual(done(4));
    expect(await bob.client.say("mine too", "a")).toEqual(done(5));
  });

  it("without a nonce is posted each time", async () => {
    const { ann } = await opened();
    expect(await ann.client.say("same")).toEqual(done(4));
    expect(await ann.client.say("same")).toEqual(done(5));
  });

  it("and was refused can be sent again with its nonce", async () => {
    const { bob } = await opened();
    expect(await bob.client.edit(4, "early", "a")).toEqual(notTheirs);
    expect(await bob.client.say("now there is one")).toEqual(done(4));
    expect(await bob.client.edit(4, "in time", "a")).toEqual(done(5));
  });
});

describe("a line", () => {
  it("that is edited stays as it was, with the edit behind it", async () => {
    const { ann, bob, log, settle } = await opened();
    await ann.client.edit(3, "hello", "a");
    await settle();
    expect(log()).toEqual(["ann entered", "bob entered", "ann: helo", "ann edited 3: hello"]);
    expect(bob.heard.at(-1)).toBe("ann edited 3: hello");
  });

  it("that is deleted is told to those who have it, and read by nobody who comes later", async () => {
    const { room, ann, bob, log, enter, settle } = await opened();
    await ann.client.edit(3, "hello", "a");
    await ann.client.say("other");
    await ann.client.edit(5, "another", "b");
    await settle();
    await ann.client.remove(3, "c");
    await settle();
    expect(bob.heard.slice(1)).toEqual([
      ...["ann: helo", "ann edited 3: hello", "ann: other", "ann edited 5: another", "ann deleted 3"],
    ]);
    const scrubbed = [
      ...["ann entered", "bob entered", "ann deleted this", "ann edited 3: "],
      ...["ann: other", "ann edited 5: another", "ann deleted 3"],
    ];
    expect(log()).toEqual(scrubbed);
    expect(room.older(4).messages.at(-1)).toMatchObject({ kind: "text", seq: 3, text: "", deleted: true });
    const late = await enter("cleo", { since: { epoch: room.epoch, seq: 0 } });
    await settle();
    expect(late.heard).toEqual([...scrubbed, "cleo entered"]);
  });

  it("that is deleted is not read by one who stalls before it, nor by those who read together", async () => {
    const { room, ann, enter, settle } = await opened();
    const stalled = await enter("cleo", { takes: 0, since: { epoch: room.epoch, seq: 0 } });
    const reading = await enter("dan", { since: { epoch: room.epoch, seq: 0 } });
    await settle();
    expect(reading.heard).toContain("ann: helo");
    await ann.client.remove(3, "a");
    stalled.goOn();
    await settle();
    expect(stalled.heard).not.toContain("ann: helo");
    expect(stalled.heard).toContain("ann deleted this");
  });

  it("is deleted, and not only dropped, when its deletion is what pushes it out", async () => {
    const { ann, log, outcome } = await opened({ history: 3 });
    await outcome(ann.client.edit(3, "hello", "a"));
    await outcome(ann.client.say("more"));
    expect(await outcome(ann.client.remove(3, "b"))).toEqual(done(6));
    expect(log()).toEqual(["ann edited 3: ", "ann: more", "ann deleted 3"]);
  });

  it.each([
    ["somebody else's", 3, "bob"],
    ["one that is no line, but their coming in", 1, "ann"],
    ["one that is not there yet", 4, "ann"],
    ["number 0", 0, "ann"],
  ] as const)("can not be changed when it is %s", async (_, of, who) => {
    const house = await opened();
    const { client } = house[who];
    expect(await client.edit(of, "x", "a")).toEqual(notTheirs);
    expect(await client.remove(of, "b")).toEqual(notTheirs);
    expect(house.log().length).toBe(3);
  });

  it("can not be changed once it is deleted, nor can an edit of it be", async () => {
    const { ann } = await opened();
    await ann.client.edit(3, "hello", "a");
    expect(await ann.client.edit(4, "x", "b")).toEqual(notTheirs);
    expect(await ann.client.remove(4, "c")).toEqual(notTheirs);
    await ann.client.remove(3, "d");
    expect(await ann.client.edit(3, "x", "e")).toEqual(notTheirs);
    expect(await ann.client.remove(3, "f")).toEqual(notTheirs);
  });

  it("can not be changed once the room no longer has it", async () => {
    const { ann, outcome } = await opened({ history: 3 });
    for (const text of ["1", "2"]) await outcome(ann.client.say(text));
    expect(await outcome(ann.client.edit(3, "still there", "a"))).toEqual(done(6));
    expect(await outcome(ann.client.edit(3, "gone", "b"))).toEqual(notTheirs);
    expect(await outcome(ann.client.remove(3, "c"))).toEqual(notTheirs);
  });

  it("can be changed by its author from another tab, and after they were gone", async () => {
    const { ann, bob, enter } = await opened();
    await ann.client.leave("left");
    const back = await enter("ANN");
    expect(await back.client.edit(3, "hello", "a")).toMatchObject({ kind: "done" });
    expect(await bob.client.edit(3, "haha", "b")).toEqual(notTheirs);
  });
});

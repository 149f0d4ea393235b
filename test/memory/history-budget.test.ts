import { expect, test } from "vitest";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { HistoryBudget } from "../../src/memory/history-budget.ts";
import { openRoom, type Visitor } from "../chat/support.ts";

/** What a line of 100 letters holds, see `chat/message.ts`. */
const lineBytes = 512 + 700;
const line = "x".repeat(100);
const max = 20 * lineBytes;

function house() {
  const histories = new HistoryBudget(new ByteBudget({ max }));
  /** Somebody in a room of their own, who can say many lines. */
  const somebody = async (name: string) => {
    const opened = openRoom({ historyBudget: histories });
    const visitor = await opened.enter(name);
    const say = (text: string, nonce?: string) => opened.outcome(visitor.client.say(text, nonce));
    return { ...opened, visitor, say };
  };
  return { budget: histories.bytes, somebody };
}

function kept(visitor: Visitor): { first: number; texts: unknown[] } {
  const { first, messages } = visitor.client.room.older(999);
  return { first, texts: messages.map((message) => ("text" in message ? message.text : message.kind)) };
}

test("rooms keep everything as long as all of it fits", async () => {
  const { budget, somebody } = house();
  const { visitor, say } = await somebody("ann");
  for (let n = 0; n < 19; n += 1) await say(line);
  expect(kept(visitor).first).toBe(1);
  expect(budget.used).toBeLessThanOrEqual(max);
});

test("over that the room that keeps most drops its oldest, and others keep theirs", async () => {
  const { budget, somebody } = house();
  const loud = await somebody("ann");
  const quiet = await somebody("bob");
  await quiet.say("still here");
  for (let n = 0; n < 60; n += 1) {
    await loud.say(line);
    expect(budget.used).toBeLessThanOrEqual(max);
  }
  expect(kept(quiet.visitor)).toEqual({ first: 1, texts: ["entered", "still here"] });
  expect(kept(loud.visitor).first).toBeGreaterThan(40);
  expect(kept(loud.visitor).texts.at(-1)).toBe(line);
});

test("a reader that was behind is told what is gone", async () => {
  const { somebody } = house();
  const { say, enter, settle } = await somebody("ann");
  const slow = await enter("bob", { takes: 1 });
  for (let n = 0; n < 60; n += 1) await say(line);
  slow.goOn();
  await settle();
  expect(slow.heard[1]).toMatch(/^missed 3 to \d\d$/);
  expect(slow.spans.at(-1)?.end).toBe(62);
});

test("nonces count, and go with the oldest lines: the newest are known still", async () => {
  const { budget, somebody } = house();
  const { say } = await somebody("ann");
  for (let n = 0; n < 60; n += 1) await say("", `nonce ${n}`);
  expect(budget.used).toBeLessThanOrEqual(max);
  expect(await say("", "nonce 59")).toEqual({ kind: "done", seq: 61 });
  expect(await say("", "nonce 0")).toEqual({ kind: "done", seq: 62 });
});

test("a room that ends gives all of it back", async () => {
  const { budget, somebody } = house();
  const { room, life, say, outcome } = await somebody("ann");
  await say(line, "nonce");
  expect(budget.used).toBeGreaterThan(lineBytes);
  room.close();
  await outcome(life);
  expect(budget.used).toBe(0);
});

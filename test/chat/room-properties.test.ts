import fc from "fast-check";
import { expect, test } from "vitest";
import type { Post, RoomMessage } from "../../src/chat/message.ts";
import type { Leaving, PostAnswer } from "../../src/chat/room-commands.ts";
import { limits } from "../../src/limits.ts";
import { RoomModel } from "./room-model.ts";
import { openRoom, type Visitor } from "./support.ts";

const { graceMs, presenceEveryMs, typingMs } = limits;
const names = ["ann", "bob", "cleo"];
const history = 12;

/** One thing that happens; `tab` is one of two that each of them has, `back` a line counted from the newest. */
type Step =
  | { do: "enter"; tab: number; since: "now" | "place" | "new" }
  | { do: "post"; tab: number; kind: Post["kind"]; back: number; nonce: number; settle: boolean }
  | { do: "type" | "go on"; tab: number }
  | { do: "leave"; tab: number; how: Leaving }
  | { do: "stall"; tab: number; takes: number }
  | { do: "pass"; ms: number };

const tab = fc.nat({ max: 2 * names.length - 1 });
const enter = fc.record({
  do: fc.constant("enter" as const),
  tab,
  since: fc.constantFrom("now" as const, "place" as const, "new" as const),
});
const post = fc.record({
  do: fc.constant("post" as const),
  tab,
  kind: fc.constantFrom<Post["kind"][]>("text", "text", "edited", "deleted"),
  back: fc.nat({ max: history + 2 }),
  nonce: fc.nat({ max: 9 }),
  settle: fc.boolean(),
});
const act = fc.record({ do: fc.constantFrom("type" as const, "go on" as const), tab });
const leave = fc.record({
  do: fc.constant("leave" as const),
  tab,
  how: fc.constantFrom<Leaving[]>("left", "lost"),
});
const stall = fc.record({ do: fc.constant("stall" as const), tab, takes: fc.nat({ max: 3 }) });
const pass = fc.record({
  do: fc.constant("pass" as const),
  ms: fc.constantFrom(1, presenceEveryMs / 4, presenceEveryMs, typingMs, graceMs / 2, graceMs - 1, graceMs),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: enter },
  { weight: 8, arbitrary: post },
  { weight: 3, arbitrary: act },
  { weight: 2, arbitrary: leave },
  { weight: 2, arbitrary: stall },
  { weight: 3, arbitrary: pass },
);

/** What one client has got, from where it began. */
interface Stretch {
  visitor: Visitor;
  from: number;
  /** Whether it ended before it could get everything. */
  over: boolean;
}

/** The room and its model side by side. */
class World {
  readonly house = openRoom({ history });
  readonly model = new RoomModel(history);
  readonly here = new Map<number, Stretch>();
  readonly stretches: Stretch[] = [];
  /** The last number each tab has got. */
  readonly places = new Map<number, number>();
  readonly answers: { got: Promise<PostAnswer>; meant: PostAnswer }[] = [];

  async take(step: Step): Promise<void> {
    if (step.do === "pass") return this.pass(step.ms);
    const stretch = this.here.get(step.tab);
    if (step.do === "enter") {
      if (!stretch) await this.#enter(step.tab, step.since);
    } else if (stretch) {
      await this.#act(step, stretch);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.house.clock.advance(ms);
    this.model.pass(ms);
  }

  async leave(tab: number, how: Leaving): Promise<void> {
    const stretch = this.here.get(tab);
    if (!stretch) return;
    await this.house.settle();
    this.here.delete(tab);
    this.places.set(tab, heardUpTo(stretch));
    stretch.over = true;
    this.model.leave(nameOf(tab), how);
    await this.house.outcome(stretch.visitor.client.leave(how));
  }

  async #enter(tab: number, since: "now" | "place" | "new"): Promise<void> {
    const { room, enter } = this.house;
    await this.house.settle();
    const before = this.model.last;
    const seq = this.places.get(tab) ?? 0;
    this.model.enter(nameOf(tab));
    const asked = { now: "now", place: { epoch: room.epoch, seq }, new: undefined } as const;
    const visitor = await enter(nameOf(tab), { since: asked[since] });
    const { first, last } = this.model;
    const from = { now: before, place: seq, new: first - 1 }[since]; // joinMessages are more than the history
    expect(visitor.entered).toMatchObject({ first, last, from });
    const stretch = { visitor, from, over: false };
    this.here.set(tab, stretch);
    this.stretches.push(stretch);
  }

  async #act(step: Exclude<Step, { do: "enter" | "pass" }>, { visitor }: Stretch): Promise<void> {
    const who = nameOf(step.tab);
    switch (step.do) {
      case "post": {
        const of = Math.max(0, this.model.last - step.back);
        const text = `line ${this.model.last + 1}`;
        const post: Post = step.kind === "text" ? { kind: "text", text } : { kind: step.kind, of, text };
        this.answers.push({
          got: send(visitor, post, `${step.nonce}`),
          meant: this.model.post(who, post, `${step.nonce}`),
        });
        return step.settle ? this.house.settle() : undefined;
      }
      case "type":
        visitor.client.typing();
        return this.model.type(who);
      case "leave":
        return this.leave(step.tab, step.how);
      case "stall":
        visitor.takes = step.takes;
        return;
      case "go on":
        return visitor.goOn();
    }
  }
}

function nameOf(tab: number): string {
  return names[tab % names.length] ?? "";
}

function send({ client }: Visitor, post: Post, nonce: string): Promise<PostAnswer> {
  switch (post.kind) {
    case "text":
      return client.say(post.text, nonce);
    case "edited":
      return client.edit(post.of, post.text, nonce);
    case "deleted":
      return client.remove(post.of, nonce);
  }
}

/** Checks that what a client got goes on without holes or doubles from where it began, and returns where it ends. */
function heardUpTo({ visitor, from }: Stretch): number {
  let last = from;
  for (const { first, end } of visitor.spans) {
    expect(first).toBe(last + 1);
    last = end;
  }
  return last;
}

/** A line may be read as it was written, or, once it was deleted, without its text; everything else only as it is. */
function checkContent(model: RoomModel, messages: readonly RoomMessage[], scrubbed: boolean): void {
  for (const message of messages) {
    const { who, kind, of, text, written, deleted } = model.log[message.seq - 1] ?? {};
    expect([message.user.name, message.kind]).toEqual([who, kind]);
    if ("of" in message) expect(message.of).toBe(of);
    if ("text" in message) expect(scrubbed ? [text] : [text, written]).toContain(message.text);
    if (message.kind === "text" && message.text === "")
      expect([message.deleted, deleted]).toEqual([true, true]);
  }
}

async function checkEveryone(world: World): Promise<void> {
  const { house, model, here, stretches, answers } = world;
  for (const { visitor } of here.values()) visitor.goOn();
  await world.pass(presenceEveryMs);
  for (const { got, meant } of answers) expect(await got).toEqual(meant);
  for (const stretch of stretches) {
    const last = heardUpTo(stretch);
    if (!stretch.over) expect(last).toBe(model.last);
    checkContent(model, stretch.visitor.messages, false);
  }
  const kept = house.room.older(model.last + 1);
  expect(kept.first).toBe(model.first);
  expect(kept.messages.length).toBe(model.last - model.first + 1);
  checkContent(model, kept.messages, true);
  for (const { visitor } of here.values()) {
    expect(visitor.presence).toEqual([...model.people.keys()]);
    expect([...(visitor.typing ?? [])].sort()).toEqual([...model.typing.keys()].sort());
  }
}

async function checkNothingIsLeft(world: World): Promise<void> {
  const { house, model, here } = world;
  for (const tab of [...here.keys()]) await world.leave(tab, "lost");
  await world.pass(graceMs + presenceEveryMs);
  expect(house.clock.timers).toBe(0);
  expect(house.people.at(-1) ?? 0).toBe(0);
  expect(house.room.older(model.last + 2).messages.at(-1)?.seq ?? 0).toBe(model.last);
  house.room.close();
  await house.life;
}

test("everyone gets the room's log from where they began, once and in order, and sees who is there", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100, size: "max" }), async (steps) => {
      const world = new World();
      for (const one of steps) await world.take(one);
      await checkEveryone(world);
      await checkNothingIsLeft(world);
    }),
    { numRuns: 300 },
  );
});

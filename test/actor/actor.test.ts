import { type Logger, pino } from "pino";
import { describe, expect, it } from "vitest";
import { type Ending, spawn } from "../../src/actor/actor.ts";
import { Deadline } from "../../src/actor/deadline.ts";
import { Channel } from "../../src/channel/channel.ts";
import { FakeClock } from "../support/fake-clock.ts";

function recorder() {
  const lines: string[] = [];
  return { lines, logger: pino({ base: null }, { write: (line) => void lines.push(line) }) };
}

/** Starts an actor, and waits for its end. */
async function endingOf(name: string, logger: Logger, life: () => Promise<void>): Promise<Ending> {
  return new Promise((resolve) => void spawn(name, logger, life, resolve));
}

describe("an actor", () => {
  it("handles what is in its mailbox, one by one, and ends when that closes", async () => {
    const { logger } = recorder();
    const mailbox = new Channel<number>({ capacity: 4 });
    const handled: number[] = [];
    const life = endingOf("adder", logger, async () => {
      for await (const n of mailbox) handled.push(n);
    });
    for (const n of [1, 2, 3]) mailbox.trySend(n);
    mailbox.close();
    expect(await life).toEqual({ kind: "finished" });
    expect(handled).toEqual([1, 2, 3]);
  });

  it("that fails ends alone, is logged with its name and cause, and its owner learns of it", async () => {
    const { logger, lines } = recorder();
    const cause = new Error("a broken invariant", { cause: new Error("something deeper") });
    const healthy = endingOf("healthy", logger, async () => {});
    const ending = await endingOf("broken", logger, () => Promise.reject(cause));
    expect(ending).toEqual({ kind: "failed", cause });
    expect(await healthy).toEqual({ kind: "finished" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"actor":"broken".*a broken invariant.*something deeper/);
  });

  it("that throws before it first waits fails in the same way", async () => {
    const { logger } = recorder();
    const ending = await endingOf("broken", logger, () => {
      throw new Error("at once");
    });
    expect(ending.kind).toBe("failed");
  });
});

describe("a deadline", () => {
  it("passes once, at its time", async () => {
    const clock = new FakeClock();
    const deadline = new Deadline(clock, 100);
    await clock.advance(99);
    expect(deadline.passed.tryReceive()).toEqual({ kind: "empty" });
    await clock.advance(1);
    expect(deadline.passed.tryReceive()).toEqual({ kind: "value", value: "passed" });
    await clock.advance(1_000);
    expect(deadline.passed.tryReceive()).toEqual({ kind: "empty" });
  });

  it("starts again when it is extended", async () => {
    const clock = new FakeClock();
    const deadline = new Deadline(clock, 100);
    await clock.advance(99);
    deadline.extend(50);
    await clock.advance(49);
    expect(deadline.passed.tryReceive()).toEqual({ kind: "empty" });
    await clock.advance(1);
    expect(deadline.passed.tryReceive().kind).toBe("value");
  });

  it("leaves no timer behind when it is cancelled", async () => {
    const clock = new FakeClock();
    const deadline = new Deadline(clock, 100);
    deadline.cancel();
    expect(clock.timers).toBe(0);
    expect(await deadline.passed.receive()).toEqual({ kind: "closed" });
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { Deadline } from "../../src/actor/deadline.ts";
import { ExpiringMap } from "../../src/actor/expiring-map.ts";
import { limits } from "../../src/limits.ts";
import { Type } from "../../src/protocol/v2.ts";
import { type Clock, graceAfterSleep } from "../../src/system/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { InProcessServer } from "../support/in-process-server.ts";

const { sleepMs, wakeGraceMs, helloTimeoutMs, graceMs } = limits;

/** A clock that is as the system's: `skip` is a sleep of the process, and what was due meanwhile runs when it wakes. */
class SleepyClock extends FakeClock {
  readonly #graceful: Clock = graceAfterSleep({
    now: () => super.now(),
    elapsed: () => super.elapsed(),
    after: (ms, callback) => super.after(ms, callback),
    turn: (callback) => super.turn(callback),
  });

  override after(ms: number, callback: () => void) {
    return this.#graceful.after(ms, callback);
  }

  async sleep(ms: number): Promise<void> {
    this.skip(ms);
    await this.advance(0);
  }
}

function timer(clock: Clock, ms: number) {
  const startMs = clock.elapsed();
  const ranAtMs: number[] = [];
  const { cancel } = clock.after(ms, () => void ranAtMs.push(clock.elapsed() - startMs));
  return { ranAtMs, cancel };
}

describe("a timer", () => {
  it("runs in time, also when it is a little late", async () => {
    const clock = new SleepyClock();
    const first = timer(clock, 1000);
    await clock.advance(1000);
    expect(first.ranAtMs).toEqual([1000]);
    const second = timer(clock, 1000);
    await clock.sleep(1000 + sleepMs - 1);
    expect(second.ranAtMs).toEqual([1000 + sleepMs - 1]);
  });

  it("that was due while the process slept runs when peers had time to be heard", async () => {
    const clock = new SleepyClock();
    const { ranAtMs } = timer(clock, 30_000);
    await clock.sleep(75_000);
    await clock.advance(wakeGraceMs - 1);
    expect(ranAtMs).toEqual([]);
    await clock.advance(1);
    expect(ranAtMs).toEqual([75_000 + wakeGraceMs]);
    expect(clock.timers).toBe(0);
  });

  it("that would run right after the process woke does so too, and one that was started then is in time", async () => {
    const clock = new SleepyClock();
    const ticking = timer(clock, 100);
    const { ranAtMs } = timer(clock, 30_000);
    await clock.sleep(29_500);
    const later = timer(clock, 500);
    await clock.advance(wakeGraceMs);
    expect([ranAtMs, ticking.ranAtMs, later.ranAtMs]).toEqual([[29_500 + wakeGraceMs], [29_600], [500]]);
  });

  it("is put off by no more than its own time, and once, so that a busy machine gets on", async () => {
    const clock = new SleepyClock();
    const { ranAtMs } = timer(clock, 100);
    await clock.sleep(5000);
    expect(ranAtMs).toEqual([]);
    await clock.sleep(5000);
    expect(ranAtMs).toEqual([10_000]);
  });

  it("can be cancelled while it is put off", async () => {
    const clock = new SleepyClock();
    const { ranAtMs, cancel } = timer(clock, 30_000);
    await clock.sleep(75_000);
    cancel();
    await clock.advance(wakeGraceMs);
    expect([ranAtMs, clock.timers]).toEqual([[], 0]);
  });
});

describe("A15: after a sleep", () => {
  it("a deadline leaves time, and so does what expires", async () => {
    const clock = new SleepyClock();
    const deadline = new Deadline(clock, helloTimeoutMs);
    const lost = new ExpiringMap<string, string>(graceMs, clock, () => {});
    let due = 0;
    const counted = new ExpiringMap<string, string>(graceMs, clock, () => {
      due += 1;
    });
    lost.set("ann", "ann");
    counted.set("ann", "ann");
    await clock.sleep(75_000);
    expect([deadline.passed.length, due]).toEqual([0, 0]);
    lost.delete("ann"); // she is back
    await clock.advance(wakeGraceMs);
    expect([deadline.passed.length, due, lost.size]).toEqual([1, 1, 0]);
  });

  it("a login that was under way goes on, and one that says nothing is closed with 4001", async () => {
    const clock = new SleepyClock();
    const house = new InProcessServer({}, { clock, state: { kind: "memory" } });
    const [ann, silent] = [house.connectV2(), house.connectV2()];
    await clock.advance(1000);
    await clock.sleep(75_000);
    await ann.send({ type: Type.Auth, text: house.token("ann") });
    expect(ann.only(Type.AuthAck)).toHaveLength(1);
    await clock.advance(wakeGraceMs);
    expect([ann.goodbye, silent.goodbye?.code]).toEqual([undefined, 4001]);
  });

  it("somebody whose connection was lost just before is still there, and has time to come back", async () => {
    const clock = new SleepyClock();
    const house = new InProcessServer({}, { clock, state: { kind: "memory" } });
    const bob = await house.logInV2("bob");
    const ann = await house.logInV2("ann", "tab");
    for (const client of [bob, ann]) await client.send({ type: Type.Join, room: "lobby" });
    bob.take();
    await ann.vanish();
    await clock.sleep(75_000);
    expect(bob.only(Type.Departed)).toEqual([]);
    const back = await house.logInV2("ann", "tab");
    await back.send({ type: Type.Join, room: "lobby" });
    await clock.advance(wakeGraceMs + graceMs);
    expect(bob.only(Type.Departed)).toEqual([]);
  });

  it("of a real process, what came in meanwhile is read before a timer that was due", async () => {
    const script = `
      const { systemClock } = await import(${JSON.stringify(new URL("../../dist/system/clock.js", import.meta.url).href)});
      process.stdin.on("data", () => console.log("read"));
      systemClock.after(1000, () => { console.log("due"); process.exit(); });
      console.log("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const heard: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      heard.push(line);
      if (line !== "ready") continue;
      child.kill("SIGSTOP");
      child.stdin.write("hello\n");
      setTimeout(() => child.kill("SIGCONT"), 1000 + sleepMs + 500);
    }
    if (child.exitCode === null) await once(child, "exit");
    expect(heard).toEqual(["ready", "read", "due"]);
  }, 30_000);
});

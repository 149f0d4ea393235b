import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { Output } from "../../src/system/output.ts";
import { FakeClock } from "../support/fake-clock.ts";

const { outputBytes, outputRetryMs } = limits;

/** A line of so many bytes that begins with its number. */
const line = (n: number, bytes = 1024) => `${String(n).padEnd(bytes - 1, ".")}\n`;

/** An output to a pipe that a test fills, empties and breaks, and what its reader got. */
function setup() {
  const clock = new FakeClock();
  const pipe = { error: "none", room: Number.POSITIVE_INFINITY, tries: 0 };
  let read = "";
  const output = new Output({
    clock,
    write(bytes) {
      pipe.tries += 1;
      if (pipe.error !== "none") throw Object.assign(new Error("write"), { code: pipe.error });
      if (pipe.room === 0) throw Object.assign(new Error("write"), { code: "EAGAIN" });
      const written = Math.min(bytes.length, pipe.room);
      pipe.room -= written;
      read += Buffer.from(bytes.subarray(0, written)).toString();
      return written;
    },
  });
  output.onResumed((lines) => void output.write(`dropped ${lines}\n`));
  return { clock, pipe, output, read: () => read };
}

describe("lines", () => {
  it("are written at once, with no timer", () => {
    const { clock, output, read } = setup();
    expect([output.write("a\n"), output.write("b\n")]).toEqual([true, true]);
    expect(read()).toBe("a\nb\n");
    expect(clock.timers).toBe(0);
  });

  it("wait for a slow reader, cut where the pipe was full, and come whole and in order", async () => {
    const { clock, pipe, output, read } = setup();
    pipe.room = 1500;
    for (let n = 0; n < 4; n += 1) expect(output.write(line(n))).toBe(true);
    expect(read()).toHaveLength(1500);
    pipe.room = Number.POSITIVE_INFINITY;
    await clock.advance(outputRetryMs);
    expect(read()).toBe([0, 1, 2, 3].map((n) => line(n)).join(""));
    expect([output.dropped, clock.timers]).toEqual([0, 0]);
  });

  it("that wait cost no try each", () => {
    const { pipe, output } = setup();
    pipe.room = 0;
    for (let n = 0; n < 50; n += 1) output.write(line(n));
    expect(pipe.tries).toBe(1);
  });

  it.each(["EAGAIN", "ENOSPC"])(
    "over the bound are dropped, counted, and told in their place when it goes on after %s",
    async (error) => {
      const { clock, pipe, output, read } = setup();
      pipe.error = error;
      const kept = outputBytes / 1024;
      const taken = Array.from({ length: kept + 10 }, (_, n) => output.write(line(n)));
      expect(taken.filter(Boolean)).toHaveLength(kept);
      expect(taken.slice(kept)).not.toContain(true);
      expect(output.dropped).toBe(10);
      pipe.error = "none";
      await clock.advance(outputRetryMs);
      expect(output.write("next\n")).toBe(true);
      const waited = Array.from({ length: kept }, (_, n) => line(n)).join("");
      expect(read()).toBe(`${waited}dropped 10\nnext\n`);
    },
  );

  it("are taken up to exactly the bound", () => {
    const { pipe, output } = setup();
    pipe.room = 0;
    expect(output.write(line(0, outputBytes - 1))).toBe(true);
    expect(output.write("ab")).toBe(false);
    expect(output.dropped).toBe(1);
  });

  it("are taken again after a loss only when half of what waits is written, so that one gap is told once", async () => {
    const { clock, pipe, output, read } = setup();
    pipe.room = 0;
    const half = outputBytes / 2;
    output.write(line(0, half));
    output.write(line(1, half));
    output.write("lost\n");
    pipe.room = half - 1;
    await clock.advance(outputRetryMs);
    expect(output.write("lost too\n")).toBe(false);
    pipe.room = 1;
    await clock.advance(outputRetryMs);
    expect(output.write("taken\n")).toBe(true);
    pipe.room = Number.POSITIVE_INFINITY;
    await clock.advance(outputRetryMs);
    expect(read().slice(2 * half)).toBe("dropped 2\ntaken\n");
  });

  it.each(["EPIPE", "EIO", "EBADF"])(
    "that nobody can read any more after %s are dropped at once, and told if somebody can",
    (error) => {
      const { clock, pipe, output, read } = setup();
      pipe.error = error;
      expect([output.write("a\n"), output.write("b\n")]).toEqual([false, false]);
      expect([output.dropped, clock.timers]).toEqual([2, 0]);
      pipe.error = "none";
      expect(output.write("c\n")).toBe(true);
      expect(read()).toBe("c\ndropped 2\n");
    },
  );
});

describe("the end of the process", () => {
  it("waits a bounded time for a slow reader", () => {
    const { pipe, output, read } = setup();
    pipe.room = 0;
    output.write("last words\n");
    const startMs = performance.now();
    output.end();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(limits.outputFlushMs - 20);
    expect(read()).toBe("");
  });

  it("waits for nothing where all is written, or nobody can read", () => {
    const { pipe, output, read } = setup();
    pipe.room = 0;
    output.write("last words\n");
    pipe.room = 100;
    output.end();
    expect(read()).toBe("last words\n");
    const tries = pipe.tries;
    output.end();
    pipe.error = "EPIPE";
    output.write("too late\n");
    output.end();
    expect(pipe.tries).toBe(tries + 1);
  });
});

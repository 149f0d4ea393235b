import { describe, expect, test } from "vitest";
import { Log } from "../../src/log/log.ts";
import { quiet } from "../channel/support.ts";

/** Many followers of one log, whose turns are run by hand. */
function crowd(size: number) {
  const due: (() => void)[] = [];
  const log = new Log<string>({
    capacity: 1000,
    bytes: { max: 100_000, of: (text) => text.length },
    turn: (callback) => due.push(callback),
  });
  const heard: string[][] = Array.from({ length: size }, () => []);
  const listen = async (texts: string[]) => {
    for await (const batch of log.follow(0)) if (batch.kind === "entries") texts.push(batch.entries.join());
  };
  for (const texts of heard) void listen(texts);
  const turn = async () => {
    for (const callback of due.splice(0)) callback();
    await quiet();
  };
  return { log, due, heard, turn, told: () => heard.filter((texts) => texts.length > 0).length };
}

describe("a crowd of followers", () => {
  test("is woken some at a time, in the order of their coming, so that others get their turns", async () => {
    const { log, due, heard, turn, told } = crowd(1000);
    log.append("a");
    await turn();
    const first = told();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(1000);
    expect(heard.findIndex((texts) => texts.length === 0)).toBe(first);
    for (let turns = 0; told() < 1000; turns += 1) {
      expect(turns).toBeLessThan(10);
      await turn();
    }
    await turn();
    expect(due).toEqual([]);
  });

  test("hears everything once and in order, also what is said while it is being woken", async () => {
    const { log, due, heard, turn } = crowd(1000);
    for (const text of ["a", "b", "c"]) {
      log.append(text);
      await turn();
    }
    while (due.length > 0) await turn();
    for (const texts of heard) expect(texts.join()).toBe("a,b,c");
    expect(log.waiting).toBe(1000);
  });

  test("counts what the one that waits longest has not seen, whoever was woken already", async () => {
    const { log, due, turn } = crowd(1000);
    for (let n = 0; n < 251; n += 1) log.append("x");
    expect(log.crowded).toBe(true);
    await turn();
    expect(log.crowded).toBe(true);
    while (due.length > 0) await turn();
    expect(log.crowded).toBe(false);
    log.append("y");
    expect(log.crowded).toBe(false);
  });

  test("is woken at once, all of it, when the log ends", async () => {
    const { log, heard } = crowd(1000);
    log.append("a");
    log.close();
    await quiet();
    for (const texts of heard) expect(texts).toEqual(["a"]);
  });
});

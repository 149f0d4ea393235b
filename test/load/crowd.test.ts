import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { startServer } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

const clients = 500;
const stalled = 10;
const senders = 20;
const linesEach = 50;

describe("500 clients in one room", () => {
  it("defects 14, 17, 18 and 19: get every message once, in the same order, while ten of them stop reading", {
    timeout: 240_000,
  }, async () => {
    await using server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_HISTORY: "200" } });
    const crowd = await Promise.all(
      Array.from({ length: clients }, (_, n) => SocketClient.enter(server.url, server.token(`member ${n}`))),
    );
    for (const client of crowd.slice(0, stalled)) client.pause();
    const pausedMs = performance.now();
    const readers = crowd.slice(stalled);

    const padding = "·".repeat(100);
    const said = readers.slice(0, senders).map(async (client, sender) => {
      for (let n = 0; n < linesEach; n += 1) {
        client.say(`${sender}/${n} ${padding}`);
        if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    await Promise.all(said);

    const [first = [], ...others] = await Promise.all(readers.map((client) => linesOf(client)));
    expect(new Set(first).size).toBe(senders * linesEach);
    for (let sender = 0; sender < senders; sender += 1) {
      const own = first.filter((line) => line.startsWith(`${sender}/`));
      expect(own).toEqual(Array.from({ length: linesEach }, (_, n) => `${sender}/${n}`));
    }
    // As one text each: comparing half a million elements one by one takes longer than sending them.
    const log = first.join("\n");
    for (const lines of others) expect(lines.join("\n")).toBe(log);

    // Those who stalled get the same, from what the network held and what the history still has, or a 4008; where this
    // took so long that they answered no ping for the idle timeout, they are gone.
    const codes = performance.now() - pausedMs < limits.idleTimeoutMs / 2 ? [4008] : [4008, 1006];
    for (const client of crowd.slice(0, stalled)) {
      client.resume();
      const lines = await Promise.race([linesOf(client), client.closed.then(({ code }) => code)]);
      if (Array.isArray(lines)) expect(lines.join("\n")).toBe(log);
      else expect(codes).toContain(lines);
    }
  });
});

/** The lines that were said, without their padding. */
async function linesOf(client: SocketClient): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < senders * linesEach) lines.push((await client.nextText()).split(" ")[0] ?? "");
  return lines;
}

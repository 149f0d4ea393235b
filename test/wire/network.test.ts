import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fault, startFaultProxy } from "../support/fault-proxy.ts";
import { compareRecords } from "../support/room-record.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { ResumingSocketClient } from "../support/socket-client.ts";

/** What others wait for a line at most, on a busy machine. Every fault below lasts longer. */
const OTHERS_MS_MAX = 2_000;
const FAULT_MS = 3_000;
/** Comes in one piece: uWebSockets answers 505 when it does not (uNetworking/uWebSockets#1776). */
const REQUEST_LINE_BYTES = "GET /connect HTTP/1.1\r\n".length;

const LINES = 40;
/** Makes what goes either way some 10 KB, so that what comes after so many bytes comes in the middle. */
const padding = "🪶".repeat(20);

/** `cuts`: connections that are lost by it. */
const faults: { name: string; fault: Fault; cuts: number }[] = [
  { name: "everything comes late", fault: { kind: "latency", ms: 300 }, cuts: 0 },
  {
    name: "bytes come alone",
    // And some together at times, for this process takes a turn of its own for each piece.
    fault: { kind: "pieces", wholeBytes: REQUEST_LINE_BYTES, pieceBytes: [1, 1, 1, 1, 1, 1, 1, 1, 100] },
    cuts: 0,
  },
  { name: "the line is thin", fault: { kind: "bandwidth", bytesPerSecond: 6_000 }, cuts: 0 },
  {
    name: "what the client sends stands still",
    fault: { kind: "stall", from: "client", afterBytes: 3_001, ms: FAULT_MS },
    cuts: 0,
  },
  {
    name: "what the server sends stands still",
    fault: { kind: "stall", from: "server", afterBytes: 3_001, ms: FAULT_MS },
    cuts: 0,
  },
  {
    name: "the connection is closed",
    fault: { kind: "cut", from: "server", afterBytes: 3_001, by: "FIN" },
    cuts: 1,
  },
  {
    name: "the connection is reset",
    fault: { kind: "cut", from: "client", afterBytes: 3_001, by: "RST" },
    cuts: 1,
  },
  {
    name: "the client vanishes without a word",
    fault: { kind: "cut", from: "client", afterBytes: 3_001, by: "silence" },
    cuts: 1,
  },
  {
    name: "the server falls silent",
    fault: { kind: "cut", from: "server", afterBytes: 3_001, by: "silence" },
    cuts: 1,
  },
];

describe.concurrent.each(transports)(
  "on a bad network, with %s, everybody has every line once and in order",
  (transport) => {
    let server: ServerProcess;
    beforeAll(async () => {
      server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_TRANSPORT: transport } });
    });
    afterAll(() => server.stop());

    it.each(faults)("and the others wait for nothing, when $name", async ({ name, fault, cuts }) => {
      const room = name.replaceAll(" ", "-");
      await using proxy = await startFaultProxy(() => server.url, [[fault]]);
      await using first = ResumingSocketClient.of(server, "first", { room });
      await using second = ResumingSocketClient.of(server, "second", { room });
      await using talker = ResumingSocketClient.of(server, "talker", { room, url: proxy.url });
      const everybody = [first, second, talker];
      await Promise.all(everybody.map((who) => who.until("Joined", ({ since }) => since !== undefined)));

      for (let n = 1; n <= LINES; n += 1) talker.say(`from afar ${n} ${padding}`);
      const slowestMs = await chat(first, second, async () => {
        if (fault.kind === "cut" && fault.by === "silence") {
          await sleep(FAULT_MS / 4);
          talker.reconnect();
        }
        await talker.until("acks", ({ outbox }) => outbox.length === 0);
      });
      first.say("the end");
      await Promise.all(everybody.map((who) => who.until("the end", hasLine("the end"))));

      const records = everybody.map(({ record }) => record);
      expect(compareRecords(records)).toMatchObject({
        epochs: 1,
        lost: [],
        doubled: [],
        disagreed: [],
        holes: [],
      });
      expect(linesOf(second, "from afar")).toEqual(
        Array.from({ length: LINES }, (_, n) => `from afar ${n + 1} ${padding}`),
      );
      expect([proxy.cuts, talker.closeCodes.length, first.closeCodes.length]).toEqual([cuts, cuts, 0]);
      expect(slowestMs).toBeLessThan(OTHERS_MS_MAX);
    });
  },
);

/** Two talk until something is done. Returns how long the slowest line took to the other. */
async function chat(
  one: ResumingSocketClient,
  other: ResumingSocketClient,
  something: () => Promise<void>,
): Promise<number> {
  let isDone = false;
  let slowestMs = 0;
  const talk = async () => {
    for (let n = 1; !isDone; n += 1) {
      const from = performance.now();
      one.say(`from here ${n}`);
      await other.until("a line", hasLine(`from here ${n}`));
      slowestMs = Math.max(slowestMs, performance.now() - from);
      await sleep(50);
    }
  };
  const done = () => {
    isDone = true;
  };
  await Promise.all([something().finally(done), talk()]);
  return slowestMs;
}

function hasLine(text: string): (record: ResumingSocketClient["record"]) => boolean {
  return ({ epochs }) => [...epochs.values()].some(({ entries }) => [...entries.values()].includes(text));
}

function linesOf({ record }: ResumingSocketClient, start: string): string[] {
  return [...record.current.entries.values()].filter((line) => line.startsWith(start));
}

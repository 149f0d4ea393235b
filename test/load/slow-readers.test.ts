import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryCeiling } from "../../src/memory/ceiling.ts";
import { settingsOf } from "../support/in-process-server.ts";
import { Op, text } from "../support/raw-frame.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { residentBytesOf, type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** Where a client stalls. `npm run bench:slow` measures what each of these costs the others. */
const stages = ["in the handshake", "before login", "after login", "in the middle of a flood"] as const;
type Stage = (typeof stages)[number];

/** More than Linux takes for somebody on this machine who does not read, about 4 MB, and then the history. */
const lines = 90;
/** What those who stall in the middle have read. */
const heardFirst = 5;
const padding = "~".repeat(60_000);

describe("those who read, while others stall,", () => {
  const env = { PLUME_MESSAGES_PER_SECOND: "0", PLUME_HISTORY: "16" };
  let server: ServerProcess;
  let readers: SocketClient[];
  beforeAll(async () => {
    server = await startServer({ env });
    const names = Array.from({ length: 10 }, (_, n) => `reader ${n}`);
    readers = await Promise.all(names.map((name) => SocketClient.enter(server.url, server.token(name))));
  });
  afterAll(() => server.stop());

  const rows = stages.flatMap((stage) => [1, 10, 100].map((count) => ({ stage, count })));

  it.each(rows)("get everything in order: $count $stage", async ({ stage, count }) => {
    const names = Array.from({ length: count }, (_, n) => `${stage} ${count} ${n}`);
    const stalled = await Promise.all(names.map((name) => approach(server, stage, name)));
    for (let n = 0; n < lines; n += 1) {
      if (stage !== "in the middle of a flood" || n === heardFirst)
        for (const socket of stalled) socket.pause();
      const line = `${n} ${padding}`;
      readers[n % readers.length]?.say(line);
      for (const heard of await Promise.all(readers.map((reader) => reader.nextText()))) {
        if (heard !== line) throw new Error(`${heard.slice(0, 40)} came in place of line ${n}`);
      }
    }
    expect(residentBytesOf(server.pid)).toBeLessThan(ceilingBytes(env));

    const isIn = stage === "after login" || stage === "in the middle of a flood";
    if (isIn) await Promise.all(stalled.slice(0, 10).map(catchUp));
    for (const socket of stalled) socket.destroy();
  });
});

it.each(transports)(
  "with %s closes with 4008 a reader that stalls until what it missed is gone, after all it can still have in order",
  async (transport) => {
    await using server = await startServer({
      env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_HISTORY: "20", PLUME_TRANSPORT: transport },
    });
    const ann = await SocketClient.enter(server.url, server.token("ann"));
    const slow = await SocketClient.enter(server.url, server.token("slow"));
    slow.pause();
    for (let n = 0; n < 500; n += 1) {
      ann.say(`${n} ${padding}`);
      expect(await ann.nextText()).toBe(`${n} ${padding}`);
    }
    slow.resume();
    expect(await slow.closed).toEqual({ code: 4008, reason: "reads too slowly: messages were missed" });
    const numbers = slow
      .takeAll()
      .flatMap(({ text }) => (text.endsWith(padding) ? [Number.parseInt(text, 10)] : []));
    expect(numbers).toEqual(numbers.map((_, n) => n));
  },
);

/** Goes as far as where it is to stall. */
async function approach(server: ServerProcess, stage: Stage, name: string): Promise<RawSocket> {
  const port = server.port;
  switch (stage) {
    case "in the handshake": {
      const socket = await RawSocket.connect(port);
      socket.write("GET /connect HTTP/1.1\r\nHost: localhost\r\n");
      return socket;
    }
    case "before login":
      return RawSocket.open(port);
    case "after login":
    case "in the middle of a flood": {
      const socket = await RawSocket.open(port);
      socket.write(text(JSON.stringify({ type: 2, text: server.token(name) })));
      const ack = await socket.next();
      if (ack.kind !== "frame") throw new Error("not logged in");
      return socket;
    }
  }
}

/** Reads on: the lines that were missed come in order, all of them or up to a 4008 that says they are gone. */
async function catchUp(socket: RawSocket): Promise<void> {
  socket.resume();
  for (let due = 0; due < lines; ) {
    const next = await socket.next();
    if (next.kind === "frame") {
      const number = /"text":"(\d+) ~/.exec(next.payload.toString("latin1", 0, 100))?.[1];
      if (next.opcode !== Op.Text || number === undefined) continue;
      expect(Number(number)).toBe(due);
      due += 1;
    } else {
      expect(next).toMatchObject({ kind: "closed", code: 4008 });
      return;
    }
  }
}

function ceilingBytes(env: Record<string, string>): number {
  return memoryCeiling(settingsOf(env)).bytes;
}

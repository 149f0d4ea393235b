import { afterEach, describe, expect, it } from "vitest";
import { memoryCeiling } from "../../src/memory/ceiling.ts";
import { RawSocket } from "../support/raw-socket.ts";
import {
  freePort,
  residentBytesOf,
  type ServerProcess,
  startServer,
  transports,
} from "../support/server-process.ts";
import { HealthyClient, SocketClient } from "../support/socket-client.ts";

const MiB = 1024 ** 2;
const connectionsMax = 1900;
const ceilingBytes = memoryCeiling({
  connectionsMax,
  memoryBytes: undefined,
  state: { kind: "memory" },
}).leastBytes;
const env = {
  PLUME_MAX_CLIENTS: String(connectionsMax),
  PLUME_MEMORY_MIB: String(Math.ceil(ceilingBytes / MiB)),
  PLUME_MESSAGES_PER_SECOND: "0",
};

/** Clients that come at the same time. */
const atOnce = 60;
/** What each holds, almost a whole message of the largest size, is more than the ceiling in all. */
const halves = 1800;
const announced = 380 * 1024;
/** A text frame that says how long it is, and all of it but the end. */
const half = Buffer.alloc(announced - 1024);
half[0] = 0x81;
half[1] = 0x80 | 127;
half.writeBigUInt64BE(BigInt(announced), 2);

/** Clients that read nothing: their backlogs, where nobody bounds them in all, are more than all may have unsent. */
const stalled = 150;
/** So many that Linux, which takes about 4 MB for somebody who does not read, takes no more. */
const lines = 100;
const padding = "~".repeat(60_000);

describe.each(transports)("under its memory ceiling, with %s,", (transport) => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  it("the server serves others while clients send halves of messages", async () => {
    await using server = await startServer({ env: { ...env, PLUME_TRANSPORT: transport } });
    const healthy = await HealthyClient.enter(server);
    const highest = watch(server, ends);
    const port = server.port;
    for (let n = 0; n < halves; n += atOnce) {
      healthy.say();
      const opening = Array.from({ length: atOnce }, async () => {
        const socket = await RawSocket.open(port).catch(() => undefined);
        socket?.write(half);
        ends.push(() => socket?.destroy());
      });
      await Promise.all(opening);
      await healthy.hearAll();
    }
    expect(highest()).toBeLessThan(ceilingBytes);
  });

  it("the server serves others while many do not read", async () => {
    const admin = await freePort();
    await using server = await startServer({
      env: { ...env, PLUME_TRANSPORT: transport, PLUME_ADMIN_PORT: admin },
    });
    const highest = watch(server, ends);
    const readers = Array.from({ length: stalled }, (_, n) =>
      SocketClient.enter(server.url, server.token(`s ${n}`)),
    );
    for (const reader of await Promise.all(readers)) {
      reader.pause();
      ends.push(() => reader.terminate());
    }
    const speaker = await SocketClient.enter(server.url, server.token("speaker"));
    for (let n = 0; n < lines; n += 1) {
      speaker.say(`${n} ${padding}`);
      expect(await speaker.nextText()).toBe(`${n} ${padding}`);
    }
    const unsent = await unsentOf(admin);
    expect(unsent.used).toBeGreaterThan(0.1 * unsent.max);
    expect(unsent.used).toBeLessThanOrEqual(unsent.max);
    expect(highest()).toBeLessThan(ceilingBytes);
  });
});

/** The most that the server had in memory since. */
function watch({ pid }: ServerProcess, ends: (() => void)[]): () => number {
  let highest = 0;
  const look = () => {
    highest = Math.max(highest, residentBytesOf(pid));
    return highest;
  };
  const watching = setInterval(look, 20);
  ends.push(() => clearInterval(watching));
  return look;
}

async function unsentOf(admin: string): Promise<{ used: number; max: number }> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const of = (what: string) =>
    Number(new RegExp(`^plume_memory_${what}_bytes{budget="unsent"} (\\d+)$`, "m").exec(text)?.[1]);
  return { used: of("used"), max: of("max") };
}

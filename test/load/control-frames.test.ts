import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { goodbyes } from "../../src/protocol/close.ts";
import { Op, ping, pong } from "../support/raw-frame.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { freePort, residentBytesOf, startServer, transports } from "../support/server-process.ts";
import { HealthyClient, SocketClient } from "../support/socket-client.ts";

const MiB = 1024 ** 2;
const attackers = 40;
const innocents = 8;
/** As many as fill what the kernel takes for a socket that is not read, and then the library's buffers. */
const pings = Buffer.concat(Array.from({ length: 8_000 }, () => ping("p".repeat(125))));
const writes = 8;

it.each(transports)(
  "A3: with %s, 40 sockets that are not logged in send pings and never read: they are closed as flooding, and nobody else is",
  async (transport) => {
    const admin = await freePort();
    await using server = await startServer({
      env: { PLUME_TRANSPORT: transport, PLUME_ADMIN_PORT: admin, PLUME_MESSAGES_PER_SECOND: "0" },
    });
    const healthy = await HealthyClient.enter(server);
    const names = Array.from({ length: innocents - 1 }, (_, n) => `innocent ${n}`);
    const others = await Promise.all(names.map((name) => SocketClient.enter(server.url, server.token(name))));
    const beforeBytes = residentBytesOf(server.pid);
    const sockets = await Promise.all(Array.from({ length: attackers }, () => RawSocket.open(server.port)));
    let highestBytes = 0;
    for (const socket of sockets) socket.pause();
    for (let n = 0; n < writes; n += 1) {
      for (const socket of sockets) socket.write(pings);
      healthy.say();
      await sleep(50);
      highestBytes = Math.max(highestBytes, residentBytesOf(server.pid));
    }
    while ((await closedAs(admin, goodbyes.flooding.code)) < attackers) await sleep(50);
    await healthy.hearAll();
    for (const other of others) {
      other.say("still here");
      await other.until(({ text, user }) => text === "still here" && user.name.startsWith("innocent"));
    }
    expect(highestBytes - beforeBytes).toBeLessThan(64 * MiB);
    for (const socket of sockets) socket.destroy();
  },
);

it.each(transports)(
  "with %s pings and pongs have a pace, and the burst of them is answered",
  async (transport) => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    for (const control of [ping("p"), pong("p")]) {
      const socket = await RawSocket.open(server.port);
      const some = (count: number) => Buffer.concat(Array.from({ length: count }, () => control));
      socket.write(some(limits.controlFrameBurst));
      if (control[0] === 0x80 + Op.Ping) {
        for (let n = 0; n < limits.controlFrameBurst; n += 1) {
          expect(await socket.next()).toMatchObject({ kind: "frame", opcode: Op.Pong });
        }
      }
      await sleep(1000 / limits.controlFramesPerSecond);
      socket.write(control);
      socket.write(some(limits.controlFrameBurst));
      let next = await socket.next();
      while (next.kind === "frame") next = await socket.next();
      expect(next).toMatchObject({ kind: "closed", code: 4003 });
    }
  },
);

/** How many connections were closed with this code. */
async function closedAs(admin: string, code: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  return Number(
    new RegExp(`^plume_connections_closed_total\\{code="${code}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0,
  );
}

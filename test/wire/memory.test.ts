import { describe, expect, it } from "vitest";
import { memoryCeiling } from "../../src/system/memory-ceiling.ts";
import { Bystander } from "../support/bystander.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { residentBytesOf } from "../support/resident.ts";
import { startServer, transports } from "../support/server.ts";

const MiB = 1024 ** 2;
const clientsMax = 1900;
/** Each holds almost a whole message of the largest size: more than the ceiling in all. */
const halves = 1800;
const atOnce = 100;
const announced = 380 * 1024;

const ceilingBytes = memoryCeiling({ clientsMax, memoryBytes: undefined }).leastBytes;
const env = {
  PLUME_MAX_CLIENTS: String(clientsMax),
  PLUME_MEMORY_MIB: String(Math.ceil(ceilingBytes / MiB)),
};

describe.each(transports)("under its memory ceiling, with %s,", (transport) => {
  it("the server stays, and serves others, while clients send halves of messages", {
    timeout: 60_000,
  }, async () => {
    await using server = await startServer({ env: { ...env, PLUME_TRANSPORT: transport } });
    const bystander = await Bystander.enter(server);
    const sockets: RawSocket[] = [];
    let highest = 0;
    const watching = setInterval(() => {
      highest = Math.max(highest, residentBytesOf(server.pid));
    }, 20);
    const port = Number(new URL(server.url).port);
    for (let n = 0; n < halves; n += atOnce) {
      bystander.say();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          const socket = await RawSocket.open(port).catch(() => undefined);
          socket?.write(half);
          if (socket) sockets.push(socket);
        }),
      );
      await bystander.hearAll();
    }
    await bystander.hearAll();
    clearInterval(watching);
    for (const socket of sockets) socket.destroy();
    expect(highest).toBeLessThan(ceilingBytes);
  });
});

/** A text frame that says how long it is, and all of it but the end. */
const half = Buffer.alloc(14 + announced - 1024);
half[0] = 0x81;
half[1] = 0x80 | 127;
half.writeBigUInt64BE(BigInt(announced), 2);

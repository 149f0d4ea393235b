import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { MessageType } from "../../src/protocol/v1.ts";
import { cpuMsOf } from "../support/cpu-time.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { HealthyClient, SocketClient } from "../support/socket-client.ts";

const handshake = [
  "GET /connect HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");

/** More than Node itself has open, and the server keeps free. */
const OPEN_FILES_MAX = 100;

it.concurrent.each(transports)(
  "with %s a server that has no descriptors left refuses newcomers, says so once, serves the others and takes newcomers again",
  async (transport) => {
    await using server = await startServer({
      ulimit: `-n ${OPEN_FILES_MAX}`,
      env: { PLUME_TRANSPORT: transport },
    });
    const healthy = await HealthyClient.enter(server);
    const stranger = await SocketClient.connect(server.url);
    const crowd = Array.from({ length: 2 * OPEN_FILES_MAX }, () => linger(server));
    await logged(server, /no file descriptors are left/);

    healthy.say();
    await healthy.hearAll();
    const beforeMs = cpuMsOf(server.pid);
    await sleep(1_000);
    expect(cpuMsOf(server.pid) - beforeMs).toBeLessThan(300);
    stranger.hello("ann", "ann@example.org"); // a mail takes a descriptor too
    stranger.send(MessageType.Auth, await server.codeFor("ann@example.org"));
    expect(await stranger.next()).toMatchObject({ type: MessageType.AuthAck });
    await expect(SocketClient.connect(server.url)).rejects.toThrow("ECONNREFUSED");

    for (const socket of crowd) socket.destroy();
    await logged(server, /descriptors are there again/);
    const newcomer = await SocketClient.enter(server.url, server.token("newcomer"));
    newcomer.say("at last");
    expect(await newcomer.nextText()).toBe("at last");
    healthy.say();
    await healthy.hearAll();
    expect(server.log().match(/no file descriptors are left/g)).toHaveLength(1);
  },
);

/** Somebody who opens a WebSocket and says nothing. */
function linger({ port }: ServerProcess): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // refused
  socket.write(handshake);
  return socket;
}

async function logged(server: ServerProcess, line: RegExp): Promise<void> {
  while (!line.test(server.log())) await sleep(20);
}

import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { freePort, startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** uWebSockets looks at its timeouts every 4 s; the other transport is early rather than late. */
const granularityMs = 2 * 4_000;

describe.concurrent.each(transports)(
  "with %s, a connection on which nothing is said",
  {
    timeout: limits.idleTimeoutMs + 30_000,
  },
  (transport) => {
    it("is pinged at least once a minute, and kept", async () => {
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
      const client = await SocketClient.enter(server.url, server.token("ann"));
      expect(await client.pinged(60_000)).toBe(true);
      client.say("still here");
      expect(await client.nextText()).toBe("still here");
    });

    it("defect 20: is gone within the idle timeout when its peer answers no ping, and the room hears of it", async () => {
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
      const ann = await SocketClient.enter(server.url, server.token("ann"));
      const bob = await SocketClient.enter(server.url, server.token("bob"));
      bob.pause(); // reads nothing, so answers nothing; the network between stays up
      const from = performance.now();
      await ann.until(
        ({ text, user }) => user.name === "bob" && text === "left chat",
        limits.idleTimeoutMs + granularityMs,
      );
      expect(performance.now() - from).toBeLessThan(limits.idleTimeoutMs + granularityMs);
    });
  },
);

describe.concurrent("a request that is never finished", () => {
  it("is cut when it has more headers than uWebSockets reads", async () => {
    await using server = await startServer();
    const socket = await RawSocket.connect(server.port);
    const headers = Array.from({ length: 200 }, (_, n) => `X-${n}: ${n}\r\n`);
    socket.write(`GET /connect HTTP/1.1\r\nHost: localhost\r\n${headers.join("")}\r\n`);
    await socket.gone(30_000);
  });

  it("is cut where the server is looked after, and nobody waits for that", async () => {
    const port = await freePort();
    await using _server = await startServer({ env: { PLUME_ADMIN_PORT: port } });
    const slow = await RawSocket.connect(Number(port));
    slow.write("GET /metrics HTTP/1.1\r\nHost: a\r\n");
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    await slow.gone(30_000);
  });
});

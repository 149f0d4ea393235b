import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { startServer, transports } from "../support/server-process.ts";
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

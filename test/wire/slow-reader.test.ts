import { expect, it } from "vitest";
import { startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

it.each(transports)(
  "with %s closes with 4008 a reader that stalls until what it missed is gone, after all it can still have in order",
  async (transport) => {
    await using server = await startServer({
      env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_HISTORY: "20", PLUME_TRANSPORT: transport },
    });
    const ann = await SocketClient.enter(server.url, server.token("ann"));
    const slow = await SocketClient.enter(server.url, server.token("slow"));
    slow.pause();
    const padding = "x".repeat(60_000);
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

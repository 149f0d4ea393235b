import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import WebSocket from "ws";
import { Channel } from "../../src/channel/channel.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { SendBudget } from "../../src/memory/send-budget.ts";
import { Counters } from "../../src/metrics/counters.ts";
import { goodbyes } from "../../src/protocol/close.ts";
import { systemClock } from "../../src/system/clock.ts";
import { Origins } from "../../src/transport/origins.ts";
import { createPeerOf } from "../../src/transport/peer.ts";
import { PendingConnections } from "../../src/transport/pending-connections.ts";
import { StaticFiles } from "../../src/transport/static-files.ts";
import { listenWithWs } from "../../src/transport/ws.ts";

const silentLogger = pino({ level: "silent" });

it("sends what was handed over, and the goodbye, before the turn is over, for the process may end in it", async () => {
  const budget = new ByteBudget({ max: 1_000_000 });
  const listener = await listenWithWs({
    host: "127.0.0.1",
    port: 0,
    origins: () => new Origins([]),
    peerOf: createPeerOf([]),
    pending: new PendingConnections(
      { max: 10, perPeerMax: 10, keyOf: (address) => address },
      systemClock,
      silentLogger,
    ),
    files: StaticFiles.load(join(import.meta.dirname, "../../dist/public")),
    server: {
      counters: new Counters(),
      budgets: { received: budget, send: new SendBudget(budget, () => {}) },
      healthy: () => true,
      open(socket) {
        socket.send([Buffer.from("first"), Buffer.from("second")]);
        socket.end(goodbyes.restarting);
        return new Channel<string>({ capacity: 1 });
      },
    },
    clock: { ...systemClock, turn: () => {} }, // this turn never ends
  });
  const texts: string[] = [];
  const ws = new WebSocket(`ws://127.0.0.1:${listener?.port}/connect`);
  ws.on("message", (data) => texts.push(data.toString()));
  const code = await new Promise((resolve) => ws.on("close", resolve));
  listener?.destroy();
  expect([...texts, code]).toEqual(["first", "second", 1012]);
});

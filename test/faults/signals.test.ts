import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";
import { Crowd } from "./crowd.ts";
import { summary, tell } from "./report.ts";

const budget = inject("faultBudget");
const timeout = 15 * 60_000;

/** Its own pace is no fault, and would only make it slower. */
const env = { PLUME_MESSAGES_PER_SECOND: "0" };

const sound = { doubled: [], disagreed: [], holes: [] };

/** What is asked of a server that keeps its state, and of one that tells that it has lost it. */
const kinds = [
  { keepsState: true, name: "with a state directory", whole: { lost: [], epochs: 1 } },
  { keepsState: false, name: "without one", whole: {} },
] as const;

describe.concurrent("people who talk in two rooms have the same lines in the same order, each once,", () => {
  it.each(kinds)(`through ${budget.kills} times SIGKILL at any moment, $name`, { timeout }, async (kind) => {
    const { keepsState, name, whole } = kind;
    await using server = await startServer({ env, keepsState });
    const absent = await SocketClient.enter(server.url, server.token("absent"));
    absent.close();
    await using crowd = await Crowd.enter(server);
    for (let kills = 1; kills <= budget.kills; kills += 1) {
      await crowd.goesOn(kills % 3); // and at times nobody has come back yet
      await sleep(Math.random() * 400);
      server.kill("SIGKILL");
      await server.ended();
      await resume(server);
      if (kills % 10 === 0) tell(`${kills} of ${budget.kills} kills, ${crowd.acked} lines acked, ${name}`);
    }
    const compared = await crowd.settle();
    tell(summary(`${budget.kills} kills ${name}`, crowd.members.length, compared));
    for (const room of compared) {
      expect(room).toMatchObject({ ...sound, ...whole });
      expect(room.epochs).toBeLessThanOrEqual(budget.kills + 1);
    }
    if (!keepsState) return;
    const thief = await SocketClient.connect(server.url);
    thief.send(MessageType.Auth, server.token("absent", "thief@example.org"));
    expect(await thief.next()).toMatchObject({ type: MessageType.MayNotEnter });
  });

  it.each(kinds)(
    `through ${budget.stops} times SIGTERM, of which they are told, $name`,
    { timeout },
    async (kind) => {
      const { keepsState, name, whole } = kind;
      await using server = await startServer({ env, keepsState });
      await using crowd = await Crowd.enter(server);
      for (let stops = 1; stops <= budget.stops; stops += 1) {
        await crowd.goesOn(10);
        const from = performance.now();
        expect(await server.halt()).toEqual({ code: 0, signal: null });
        expect(performance.now() - from).toBeLessThan(limits.stopTimeoutMs);
        await server.resume();
        if (stops % 10 === 0) tell(`${stops} of ${budget.stops} stops, ${crowd.acked} lines acked, ${name}`);
      }
      const compared = await crowd.settle();
      tell(summary(`${budget.stops} stops ${name}`, crowd.members.length, compared));
      for (const room of compared) expect(room).toMatchObject({ ...sound, lost: [], ...whole });
      const told = Array.from({ length: budget.stops }, () => 1012);
      expect(crowd.members.map(({ closeCodes }) => closeCodes)).toEqual(crowd.members.map(() => told));
    },
  );

  it(`through ${budget.pauses} times SIGSTOP, and nobody is cut off`, { timeout }, async () => {
    await using server = await startServer({ env });
    await using crowd = await Crowd.enter(server);
    for (let pauses = 1; pauses <= budget.pauses; pauses += 1) {
      await sleep(Math.random() * 400);
      server.kill("SIGSTOP");
      await sleep(100 + Math.random() * (budget.pauseMsMax - 100));
      server.kill("SIGCONT");
      if (pauses % 10 === 0) tell(`${pauses} of ${budget.pauses} pauses, ${crowd.acked} lines acked`);
    }
    const compared = await crowd.settle();
    tell(summary(`${budget.pauses} pauses`, crowd.members.length, compared));
    for (const room of compared) expect(room).toMatchObject({ ...sound, lost: [], epochs: 1 });
    expect(crowd.members.map(({ closeCodes }) => closeCodes)).toEqual(crowd.members.map(() => []));
  });
});

/** Starts it again; at times it is killed while it starts, too. */
async function resume(server: ServerProcess): Promise<void> {
  if (Math.random() < 0.3) {
    const starting = server.resume().catch(() => {}); // killed before it listens
    await sleep(Math.random() * 1_000);
    server.kill("SIGKILL");
    await Promise.all([starting, server.ended()]);
  }
  await server.resume();
}

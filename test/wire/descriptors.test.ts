import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { MessageType } from "../../src/protocol/v1.ts";
import { Bystander } from "../support/bystander.ts";
import { TestClient } from "../support/client.ts";
import { cpuMsOf } from "../support/cpu-time.ts";
import { type RunningServer, startServer, transports } from "../support/server.ts";

/** More than Node itself has open, and the server keeps free. */
const OPEN_FILES_MAX = 100;

it.concurrent.each(transports)(
  "with %s a server that has no descriptors left refuses newcomers, says so once, serves the others and takes newcomers again",
  async (transport) => {
    await using server = await startServer({
      ulimit: `-n ${OPEN_FILES_MAX}`,
      env: { PLUME_TRANSPORT: transport },
    });
    const bystander = await Bystander.enter(server);
    const stranger = await TestClient.connect(server.url);
    const crowd = Array.from({ length: 2 * OPEN_FILES_MAX }, () => linger(server));
    await logged(server, /no file descriptors are left/);

    bystander.say();
    await bystander.hearAll();
    const beforeMs = cpuMsOf(server.pid);
    await sleep(1_000);
    expect(cpuMsOf(server.pid) - beforeMs).toBeLessThan(300);
    stranger.hello("ann", "ann@example.org"); // a mail takes a descriptor too
    stranger.send(MessageType.Auth, await server.codeFor("ann@example.org"));
    expect(await stranger.next()).toMatchObject({ type: MessageType.AuthAck });
    await expect(TestClient.connect(server.url)).rejects.toThrow("ECONNREFUSED");

    for (const socket of crowd) socket.destroy();
    await logged(server, /descriptors are there again/);
    const newcomer = await TestClient.enter(server.url, server.token("newcomer"));
    newcomer.say("at last");
    expect(await newcomer.nextText()).toBe("at last");
    bystander.say();
    await bystander.hearAll();
    expect(server.log().match(/no file descriptors are left/g)).toHaveLength(1);
  },
);

/** Somebody who connects and says nothing. */
function linger({ url }: RunningServer): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  return socket.on("error", () => {}); // refused
}

async function logged(server: RunningServer, line: RegExp): Promise<void> {
  while (!line.test(server.log())) await sleep(20);
}

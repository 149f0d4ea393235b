import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/limits.ts";
import { startServer, transports } from "../../support/server-process.ts";
import { ResumingSocketClient, SocketClient } from "../../support/socket-client.ts";
import { tell } from "../report.ts";
import { openNamespace } from "./namespace.ts";

const clientFile = join(import.meta.dirname, "roaming-client.ts");
/** uWebSockets looks at its timeouts every 4 s. */
const goneMs = limits.idleTimeoutMs + limits.graceMs + 2 * 4_000;

describe.concurrent("a client whose network is gone", () => {
  it.each(transports.map((transport, number) => ({ transport, number })))(
    "with $transport is gone for the others within the idle timeout, and has missed nothing when it is back",
    { timeout: 3 * 60_000 },
    async ({ transport, number }) => {
      using network = openNamespace(number);
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport, PLUME_HOST: "0.0.0.0" } });
      const room = "lobby";
      const ann = await SocketClient.enter(server.url, server.token("ann"));
      await using other = ResumingSocketClient.of(server, "other");
      const url = server.url.replace("localhost", network.host);
      const options = { name: "roamer", token: server.token("roamer"), room, url, isHasty: false };
      const [program = "", ...args] = [
        ...network.enter,
        process.execPath,
        "--import",
        "tsx",
        clientFile,
        JSON.stringify(options),
      ];
      const roamer = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
      const answers = createInterface(roamer.stdout)[Symbol.asyncIterator]();
      expect((await answers.next()).value).toBe("in");
      roamer.stdin.write("say before\n");
      await ann.until(({ text }) => text === "before");

      network.setLink("down");
      const from = performance.now();
      roamer.stdin.write("say into the hole\n");
      other.say("meanwhile");
      await ann.until(({ user, text }) => user.name === "roamer" && text === "left chat", goneMs);
      tell(`${transport}: gone after ${Math.round((performance.now() - from) / 1000)} s without a link`);

      network.setLink("up");
      roamer.stdin.write("reconnect\n");
      await ann.until(({ text }) => text === "into the hole", 30_000);
      other.say("the end");
      roamer.stdin.write("hear the end\n");
      const record = JSON.parse(String((await answers.next()).value));
      await other.until("the end", ({ current }) => [...current.entries.values()].includes("the end"));
      const [[first]] = record.entries;
      const log = [...other.record.current.entries].filter(([seq]) => seq >= first);
      expect(record).toMatchObject({ outbox: [], epochs: 1, entries: log });
      expect(log.filter(([, text]) => text === "into the hole")).toHaveLength(1);
    },
  );
});

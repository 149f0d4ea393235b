import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/limits.ts";
import { TestClient } from "../../support/client.ts";
import { startServer, transports } from "../../support/server.ts";
import { WireMember } from "../../support/wire-member.ts";
import { tell } from "../report.ts";
import { openNamespace } from "./namespace.ts";

const wandererFile = join(import.meta.dirname, "wanderer.ts");
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
      const ann = await TestClient.enter(server.url, server.token("ann"));
      await using witness = new WireMember({
        name: "witness",
        token: server.token("witness"),
        room,
        url: server.url,
        isHasty: false,
      });
      const url = server.url.replace("localhost", network.host);
      const options = { name: "wanderer", token: server.token("wanderer"), room, url, isHasty: false };
      const [program = "", ...args] = [
        ...network.enter,
        process.execPath,
        "--import",
        "tsx",
        wandererFile,
        JSON.stringify(options),
      ];
      const wanderer = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
      const answers = createInterface(wanderer.stdout)[Symbol.asyncIterator]();
      expect((await answers.next()).value).toBe("in");
      wanderer.stdin.write("say before\n");
      await ann.until(({ text }) => text === "before");

      network.setLink("down");
      const from = performance.now();
      wanderer.stdin.write("say into the hole\n");
      witness.say("meanwhile");
      await ann.until(({ user, text }) => user.name === "wanderer" && text === "left chat", goneMs);
      tell(`${transport}: gone after ${Math.round((performance.now() - from) / 1000)} s without a link`);

      network.setLink("up");
      wanderer.stdin.write("reconnect\n");
      await ann.until(({ text }) => text === "into the hole", 30_000);
      witness.say("the end");
      wanderer.stdin.write("hear the end\n");
      const book = JSON.parse(String((await answers.next()).value));
      await witness.until("the end", ({ stay }) => [...stay.entries.values()].includes("the end"));
      const [[first]] = book.entries;
      const log = [...witness.book.stay.entries].filter(([seq]) => seq >= first);
      expect(book).toMatchObject({ outbox: [], stays: 1, entries: log });
      expect(log.filter(([, text]) => text === "into the hole")).toHaveLength(1);
    },
  );
});

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { UNLOADABLE, withoutUws } from "../support/node-options.ts";
import { startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

const main = join(import.meta.dirname, "../../dist/main.js");

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the product to its end. */
function plume(
  args: string[],
  env: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    const child = execFile(
      process.execPath,
      [...nodeOptions, main, ...args],
      options,
      (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}

describe.concurrent.each(transports)("stopping with %s", (transport) => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "defect 38: at %s delivers what was said, tells every client with 1012, and exits with 0",
    async (signal) => {
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
      const ann = await SocketClient.enter(server.url, server.token("ann"));
      const bob = await SocketClient.enter(server.url, server.token("bob"));
      const stranger = await SocketClient.connect(server.url);
      for (let n = 0; n < 20; n += 1) ann.say(`${n}`);
      await ann.nextText();
      server.kill(signal);
      expect(await bob.closed).toEqual({ code: 1012, reason: "the server restarts" });
      expect(await ann.closed).toMatchObject({ code: 1012 });
      expect(await stranger.closed).toMatchObject({ code: 1012 });
      const texts = bob.takeAll().map(({ text }) => text);
      const last = Number(texts.at(-1));
      expect(texts.slice(-last - 1)).toEqual(Array.from({ length: last + 1 }, (_, n) => `${n}`));
      expect(await server.ended()).toEqual({ code: 0, signal: null });
    },
  );

  it("waits for a slow reader, but not longer than it may", async () => {
    await using server = await startServer({
      env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_TRANSPORT: transport },
    });
    const ann = await SocketClient.enter(server.url, server.token("ann"));
    const stalled = await SocketClient.enter(server.url, server.token("bob"));
    stalled.pause();
    for (let n = 0; n < 400; n += 1) {
      ann.say("x".repeat(60_000));
      await ann.nextText();
    }
    const from = performance.now();
    expect(await server.halt()).toEqual({ code: 0, signal: null });
    const took = performance.now() - from;
    expect(took).toBeGreaterThan(limits.stopTimeoutMs - 1_000);
    expect(took).toBeLessThan(limits.stopTimeoutMs + 5_000);
    expect(server.log()).toContain("did not take all in time");
  });

  it("takes the two SIGINT of Ctrl+C under npm start for one; another a second later ends the process at once", async () => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    const ann = await SocketClient.enter(server.url, server.token("ann"));
    server.kill("SIGINT");
    server.kill("SIGINT");
    expect(await ann.closed).toEqual({ code: 1012, reason: "the server restarts" });
    expect(await server.ended()).toEqual({ code: 0, signal: null });

    await server.resume();
    server.mail.delay(60_000); // what holds up a stop
    const bob = await SocketClient.connect(server.url);
    bob.hello("bob", "bob@example.org");
    bob.send(MessageType.Auth, "ZZZZZZ"); // is answered when the mail is on its way
    await bob.next();
    server.kill("SIGINT");
    await sleep(200);
    server.kill("SIGTERM");
    await sleep(limits.signalRepeatMs);
    server.kill("SIGINT");
    expect(await server.ended()).toEqual({ code: 130, signal: null });
  });

  it("takes no new connection while it stops", async () => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    await server.halt();
    await expect(SocketClient.connect(server.url)).rejects.toThrow("ECONNREFUSED");
  });

  it("knows its sessions again after a restart with a secret file", async () => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    const before = await SocketClient.connect(server.url);
    const { text: token } = await before.auth(server.token("ann"));
    await server.restart();
    await SocketClient.enter(server.url, token);
  });
});

describe.concurrent("the command line", () => {
  it("prints one line with the URL when it listens, and the codes when there is no mail server", async () => {
    const child = spawn(process.execPath, [main, "--port", "0"], { env: { PATH: process.env.PATH } });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const url =
      /^Plume listens on (http:\/\/localhost:\d+)$/.exec(String((await lines.next()).value))?.[1] ?? "";
    const client = await SocketClient.connect(url);
    client.hello("ann", "ann@example.org");
    const line = String((await lines.next()).value);
    expect(line).toMatch(/^login code for ann: [0-9A-Z]{6} \(valid for 10 minutes\)$/);
    client.send(MessageType.Auth, line.slice(20, 26));
    expect(await client.next()).toMatchObject({ type: MessageType.AuthAck });
    child.kill("SIGKILL");
  });

  it.each(transports)(
    "says in one sentence, with exit code 1, that the port is taken, with %s",
    async (transport) => {
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
      const { code, stdout, stderr } = await plume(["--port", `${server.port}`], {
        PLUME_TRANSPORT: transport,
      });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr.trim().split("\n")).toEqual([
        expect.stringMatching(/^Plume cannot listen on 127\.0\.0\.1 port \d+: .*PLUME_PORT/),
      ]);
    },
  );

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ["production without a mail server", [], { NODE_ENV: "production" }, /PLUME_SMTP_URL/],
    ["an unknown flag", ["--prot", "1"], {}, /--port/],
    ["an unknown variable", [], { PLUME_PROT: "1" }, /PLUME_PORT/],
    ["a port that is none", ["--port", "abc"], {}, /0 to 65535/],
    ["a secret file that is not there", ["--secret-file", "/nowhere/secret"], {}, /cannot be read/],
    [
      "a token without the server's secret",
      ["token", "--name", "ann", "--email", "a@example.org"],
      {},
      /SECRET_FILE|secret-file/,
    ],
  ])("refuses %s in one sentence, with exit code 2", async (_, args, env, hint) => {
    const { code, stdout, stderr } = await plume(args, env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(hint);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("checks settings and prints the memory ceiling", async () => {
    const { code, stdout } = await plume(["check"], { PLUME_MAX_CLIENTS: "100" });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /PLUME_MAX_CLIENTS +100 +\(.*PLUME_MAX_CLIENTS.*\)|PLUME_MAX_CLIENTS +100 +\(environment\)/,
    );
    expect(stdout).toMatch(/in all +[\d.]+ [MG]iB/);
  });

  it("prints a token that logs in", async () => {
    const secret = join(mkdtempSync(join(tmpdir(), "plume-test-")), "secret");
    writeFileSync(secret, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
    await using server = await startServer({ env: { PLUME_SECRET_FILE: secret } });
    const args = ["token", "--name", "ann", "--email", "ann@example.org", "--secret-file", secret];
    const { code, stdout } = await plume(args);
    expect(code).toBe(0);
    await SocketClient.enter(server.url, stdout.trim());
  });

  it("lists every setting with its default in --help", async () => {
    const { code, stdout } = await plume(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/PLUME_PORT/);
    expect(stdout).toMatch(/default: 4884/);
  });
});

describe.concurrent("where uWebSockets cannot be loaded", () => {
  const warning = `uWebSockets.js cannot be loaded on this machine (${UNLOADABLE})`;

  it("serves with ws instead, and says so in one line", async () => {
    await using server = await startServer({ nodeOptions: withoutUws });
    const client = await SocketClient.enter(server.url, server.token("ann"));
    client.say("anywhere");
    expect(await client.nextText()).toBe("anywhere");
    const lines = server.log().trim().split("\n");
    expect(lines.filter((line) => line.includes('"level":"warn"'))).toEqual([
      expect.stringContaining(warning),
    ]);
    expect(server.log()).toContain('"transport":"ws"');
  });

  it("says nothing of it to whoever asked for ws", async () => {
    await using server = await startServer({ nodeOptions: withoutUws, env: { PLUME_TRANSPORT: "ws" } });
    expect(server.log()).not.toContain("uWebSockets");
  });

  it("ends with one sentence and exit code 1 for whoever asked for uws", async () => {
    const { code, stdout, stderr } = await plume([], { PLUME_TRANSPORT: "uws" }, withoutUws);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(/PLUME_TRANSPORT=ws/)]);
    expect(stderr).toContain(warning);
  });
});

describe("the log", () => {
  it("defect 35: has neither codes, nor addresses, nor names, nor tokens, nor what was said", async () => {
    await using server = await startServer({ env: { PLUME_LOG_LEVEL: "trace" } });
    const client = await SocketClient.connect(server.url);
    client.hello("zebedee", "quincy@example.org");
    const code = await server.codeFor("quincy@example.org");
    client.send(MessageType.Auth, "ZZZZZZ");
    await client.next();
    const { text: token } = await client.auth(code);
    client.say("a secret between us");
    await client.nextText();
    client.sendRaw("{");
    await client.closed;
    await server.halt();
    const log = server.log();
    for (const line of log.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
    expect(log).toMatch(/"msg":"entered"/);
    expect(log).toMatch(/"code":4000/);
    for (const secret of [code, "zebedee", "quincy", token, "between us"]) expect(log).not.toContain(secret);
  });
});

describe.concurrent("mail", () => {
  it("defect 36: a slow mail server holds up nobody, not even who waits for the mail", async () => {
    await using server = await startServer();
    server.mail.delay(5_000);
    const client = await SocketClient.connect(server.url);
    client.hello("ann", "ann@example.org");
    client.send(MessageType.Auth, "ZZZZZZ");
    const from = performance.now();
    expect(await client.next()).toMatchObject({ type: MessageType.AuthRst });
    expect(performance.now() - from).toBeLessThan(4_000);
    await client.auth(await server.codeFor("ann@example.org"));
  });

  it("A15: a mail server that hangs does not hold up the stop, and the log says that mails were not sent", async () => {
    await using server = await startServer();
    server.mail.delay(60_000);
    const ann = await SocketClient.connect(server.url);
    ann.hello("ann", "ann@example.org");
    ann.send(MessageType.Auth, "ZZZZZZ"); // is answered when the mail is on its way
    await ann.next();
    const startMs = performance.now();
    expect(await server.halt()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startMs).toBeLessThan(limits.stopTimeoutMs - 2_000);
    expect(server.log()).toContain('"mails":1,"msg":"mails were not sent');
  });

  it("tells the person when the mail server takes no mail for their address", async () => {
    await using server = await startServer();
    server.mail.failNext(550);
    const client = await SocketClient.connect(server.url);
    client.hello("ann", "nobody@example.org");
    expect(await client.nextNotice()).toMatch(/^no mail can be sent to this address/);
  });

  it("tries again when the mail server has no time", async () => {
    await using server = await startServer();
    server.mail.failNext(451);
    const client = await SocketClient.connect(server.url);
    client.hello("ann", "ann@example.org");
    await client.auth(await server.codeFor("ann@example.org"));
  });
});

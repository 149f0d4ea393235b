import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mintToken } from "../../src/cli/token.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { freePort, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** A9: whatever becomes of stdout and stderr, people chat on. */

const secret = "a secret of the tests, which is long enough";
let folder = "";
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plume-output-"));
  writeFileSync(join(folder, "secret"), secret, { mode: 0o600 });
});

afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true });
});

type End = "pipe" | number;

/** The product with its stdout and stderr in the test's hands, once it listens. */
async function start(stdout: End, stderr: End, env: Record<string, string> = {}) {
  const { PATH = "" } = process.env;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const main = join(import.meta.dirname, "../../dist/main.js");
  const started = spawn(process.execPath, [main], {
    env: { PATH, PLUME_PORT: port, PLUME_SECRET_FILE: join(folder, "secret"), ...env },
    stdio: ["ignore", stdout, stderr],
  });
  child = started;
  const lines = started.stdout ? createInterface(started.stdout)[Symbol.asyncIterator]() : undefined;
  while ((await fetch(`${url}/`).catch(() => undefined)) === undefined) {
    if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ended = async () => {
    started.kill("SIGTERM");
    await once(started, "exit");
    return started.exitCode;
  };
  return { process: started, url, lines, ended };
}

function token(name: string): string {
  const minted = mintToken({ name, email: `${name}@example.org` }, keysFromSecret(Buffer.from(secret)), {
    clock: systemClock,
    random: systemRandom,
  });
  if (minted.kind === "wrong") throw new Error(minted.sentence);
  return minted.token;
}

/** Somebody logs in and hears what they say. */
async function chats(url: string, name: string): Promise<void> {
  const client = await SocketClient.enter(url, token(name));
  client.say("hello");
  await client.until((message) => message.text === "hello");
  client.close();
}

/** People who come and go, each with a line in the log. */
async function crowd(url: string, people: number): Promise<void> {
  const ann = token("ann");
  for (let n = 0; n < people; n += 20) {
    const clients = Array.from({ length: 20 }, () => SocketClient.enter(url, ann));
    for (const client of await Promise.all(clients)) client.close();
  }
}

/** Connections that the server closes, each with a longer line in the log. */
async function strangers(url: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 20) {
    const closing = Array.from({ length: 20 }, async () => {
      const client = await SocketClient.connect(url);
      client.sendRaw("no JSON");
      await client.closed;
    });
    await Promise.all(closing);
  }
}

/** A pipe in the file system: its writer's end, and what was written to it until then. `fill` leaves no room in it. */
function pipe(name: string) {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const read = () => {
    let text = "";
    const bytes = Buffer.alloc(65_536);
    for (;;) {
      try {
        const count = readSync(reader, bytes);
        if (count === 0) return text;
        text += bytes.subarray(0, count).toString();
      } catch {
        return text; // empty
      }
    }
  };
  const fill = () => {
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    for (let isFull = false; !isFull; ) {
      try {
        writeSync(writer, "\n".repeat(4096));
      } catch {
        isFull = true;
      }
    }
    closeSync(writer);
  };
  return { writer: openSync(path, constants.O_WRONLY), read, fill, close: () => closeSync(reader) };
}

it.each(transports)(
  "with %s a log that nobody reads holds up nobody; what is lost is counted, and told when somebody reads",
  async (transport) => {
    const stderr = pipe("stderr");
    const adminPort = await freePort();
    const { url, ended } = await start("pipe", stderr.writer, {
      PLUME_TRANSPORT: transport,
      PLUME_ADMIN_PORT: adminPort,
    });
    stderr.fill();
    await crowd(url, 40);
    await chats(url, "bob");
    const dropped = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
      return Number(/^plume_lines_dropped_total\{output="stderr"\} (\d+)$/m.exec(metrics)?.[1]);
    };
    while ((await dropped()) === 0) await strangers(url, 200);
    await chats(url, "bob");
    const lost = await dropped();

    let log = "";
    while (!log.includes("lines were dropped")) {
      log += stderr.read();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(log).toContain(`"lines":${lost},"output":"stderr","msg":"lines were dropped`);
    for (const line of log.split("\n")) if (line !== "") JSON.parse(line);
    await chats(url, "eve");
    expect(await ended()).toBe(0);
    expect(stderr.read()).toContain('"msg":"stopping"');
    stderr.close();
  },
);

it("a log that nobody reads does not keep the process from ending", async () => {
  const stderr = pipe("stderr");
  const { url, ended } = await start("pipe", stderr.writer);
  stderr.fill();
  await crowd(url, 40);
  expect(await ended()).toBe(0);
  stderr.close();
});

it("a log on a full disk, or one whose reader is gone, ends nothing", async () => {
  const full = await start("pipe", openSync("/dev/full", "w"));
  await crowd(full.url, 40);
  await chats(full.url, "ann");
  expect(await full.ended()).toBe(0);

  const stderr = pipe("stderr");
  const gone = await start("pipe", stderr.writer);
  stderr.close();
  closeSync(stderr.writer);
  await crowd(gone.url, 40);
  await chats(gone.url, "ann");
  expect(await gone.ended()).toBe(0);
});

it("a code that is printed to a closed stdout ends nothing, and the person hears that it was not sent", async () => {
  const stderr = pipe("stderr");
  const stdout = pipe("stdout");
  const { url, ended } = await start(stdout.writer, stderr.writer);
  stdout.close();
  closeSync(stdout.writer);
  const client = await SocketClient.connect(url);
  client.hello("ann", "ann@example.org");
  expect(await client.next(20_000)).toMatchObject({ text: expect.stringContaining("cannot send mail now") });
  expect(stderr.read()).toContain('"msg":"mail failed"');
  await chats(url, "bob");
  client.close();
  expect(await ended()).toBe(0);
  stderr.close();
});

it("a code that is printed to a full disk ends nothing", async () => {
  const { url, ended } = await start(openSync("/dev/full", "w"), openSync("/dev/full", "w"));
  const client = await SocketClient.connect(url);
  client.hello("ann", "ann@example.org");
  await chats(url, "bob");
  client.close();
  expect(await ended()).toBe(0);
});

it("the last lines before the end are written, also through a pipe that is read late", async () => {
  const stderr = pipe("stderr");
  const { url, ended } = await start("pipe", stderr.writer);
  await crowd(url, 200);
  expect(await ended()).toBe(0);
  const log = stderr.read();
  expect(log.match(/"msg":"entered"/g)).toHaveLength(200);
  expect(log).toContain('"msg":"stopping"');
  stderr.close();
});

/** `npm run bench:load`, as an operator runs it, against the product in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "vite";
import { beforeAll, describe, expect, test } from "vitest";
import type { MailServer } from "../support/mail-server.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { startTamperingProxy, type Tamper } from "../support/tampering-proxy.ts";

const root = join(import.meta.dirname, "../..");
const outDir = join(root, "dist/bench-load-test");

/** Compiled once: compiling it anew in each of these processes took most of their time. */
beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: { ssr: join(root, "bench/load-test.ts"), outDir, target: "node20" },
  });
});

/** A load test that runs. */
function startLoad(args: readonly string[]) {
  const child = spawn(process.execPath, [join(outDir, "load-test.js"), ...args], {
    cwd: root,
  });
  let progress = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    progress += chunk;
  });
  const report = text(child.stdout);
  return {
    interrupt: () => child.kill("SIGINT"),
    /** Settles when the progress has such a text. */
    async says(expected: RegExp): Promise<void> {
      while (!expected.test(progress)) await once(child.stderr, "data");
    },
    async ended() {
      const code: unknown = child.exitCode ?? (await once(child, "exit"))[0];
      return { code, report: await report, progress };
    },
  };
}

function load(...args: readonly string[]) {
  return startLoad(args).ended();
}

const wsOf = ({ url }: ServerProcess) => url.replace("http", "ws");

/** A few clients that say 20 lines in 2 seconds. */
const small = ["--clients", "3", "--ramp-seconds", "0", "--rate", "10", "--seconds", "2"];

/** Each load has a server of its own, for in the same lobby they would hear each other. */
describe.concurrent("a server that is well", () => {
  test.each([
    ["v2", ["--rooms", "2"], /3 +2 +20 +40 +0 +120 /, "40 lines sent, 0 refused, 120 delivered"],
    ["v1", [], /3 +1 +10 +20 +0 +60 /, "20 lines sent, 0 refused, 60 delivered"],
  ])("has the load of %s counted, and the exit code is 0", async (version, more, row, sentence) => {
    await using server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0" } }); // all are one person
    const login = ["--token", server.token("Ann"), "--protocol", version];
    const { code, report } = await load("--url", wsOf(server), ...login, ...small, ...more);
    expect(report).toMatch(row);
    expect(report).toMatch(/p50 \d+\.\d, .*p99 \d+\.\d, .*max \d+\.\d ms\n {2}up to .* ms +\d+ █/);
    expect(report).toContain(`All is well: ${sentence}: nothing lost, doubled or reordered.`);
    expect(code).toBe(0);
  });

  test("hears clients, rooms and rate grow, with a line for each step", async () => {
    await using server = await startServer();
    const ramp = ["--clients", "10", "--rooms", "5", "--rate", "5", "--ramp-seconds", "2", "--seconds", "1"];
    const { code, progress } = await load("--url", wsOf(server), "--secret-file", server.secretFile, ...ramp);
    const steps = progress.trim().split("\n");
    expect(steps.map((step) => step.split(" lines/s")[0])).toEqual([
      "1/5: 4 clients, 1 room, 1",
      "2/5: 4 clients, 2 rooms, 2",
      "3/5: 6 clients, 3 rooms, 3",
      "4/5: 8 clients, 4 rooms, 4",
      "5/5: 10 clients, 5 rooms, 5",
    ]);
    expect(code).toBe(0);
  });

  test.each(["v1", "v2"])("is believed when it refuses lines of %s: they are not lost", async (version) => {
    await using strict = await startServer({
      env: { PLUME_MESSAGES_PER_SECOND: "1", PLUME_MESSAGE_BURST: "8" },
    });
    const hasty = ["--clients", "2", "--ramp-seconds", "0", "--rate", "16", "--seconds", "2"];
    const login = ["--secret-file", strict.secretFile, "--protocol", version];
    const { code, report } = await load("--url", wsOf(strict), ...login, ...hasty);
    expect(report).toMatch(/All is well: 32 lines sent, [1-9]\d* refused/);
    expect(report).toMatch(/\d+ × refused: .*too many messages/);
    expect(code).toBe(0);
  });

  test.each(["v1", "v2"])("mails codes that a login command of %s finds", async (version) => {
    await using post = await startServer();
    using sink = mailSink(post.mail);
    const login = ["--login-command", sink.command, "--protocol", version];
    const two = ["--clients", "2", "--ramp-seconds", "0", "--rate", "5", "--seconds", "1"];
    const loading = load("--url", wsOf(post), ...login, ...two);
    await sink.take(2);
    const { code, report } = await loading;
    expect(report).toContain("All is well: 5 lines sent, 0 refused, 10 delivered");
    expect(code).toBe(0);
  });
});

describe.concurrent("a load that is not well", () => {
  // In version 2 a frame that is meddled with has several lines where the machine is busy, so their number is not known.
  test.each<[fault: string, version: string, meddle: () => Tamper, said: RegExp]>([
    ["drops a line", "v2", () => atFifth(() => []), /(\d+) deliver(?:y|ies) lost, \1 numbers? missing\./],
    ["drops a line", "v1", () => atFifth(() => []), /1 delivery lost\./],
    [
      "doubles a line",
      "v2",
      () => atFifth((frame) => [frame, frame]),
      /(\d+) deliver(?:y|ies) doubled, \1 numbers? doubled\./,
    ],
    ["doubles a line", "v1", () => atFifth((frame) => [frame, frame]), /1 delivery doubled\./],
    ["swaps two lines", "v2", swapped, /(\d+) deliver(?:y|ies) reordered, \1 numbers? reordered\./],
    ["swaps two lines", "v1", swapped, /1 delivery reordered\./],
    ["drops an ack", "v2", () => atFifth(() => [], /"type":11/), /Not well: [1-9]\d* lines? not answered\./],
    [
      "doubles an ack",
      "v2",
      () => atFifth((ack) => [ack, ack], /"type":11/),
      /Not well: [1-9]\d* answers? to nothing\./,
    ],
  ])("is noticed where something %s of %s", async (_, version, meddle, said) => {
    await using server = await startServer();
    await using meddler = await startTamperingProxy(server.url, meddle());
    const one = ["--clients", "1", "--ramp-seconds", "0", "--rate", "8", "--seconds", "3"];
    const login = ["--token", server.token("Ann"), "--protocol", version];
    const { code, report } = await load("--url", meddler.url, ...login, ...one);
    expect(report).toMatch(said);
    expect(code).toBe(1);
  });

  test("ends when the server dies, and says who was closed", async () => {
    await using mortal = await startServer();
    const ramp = ["--clients", "10", "--rate", "20", "--ramp-seconds", "2", "--seconds", "60"];
    const running = startLoad(["--url", wsOf(mortal), "--token", mortal.token("Ann"), ...ramp]);
    await running.says(/^4\/5: /m);
    mortal.kill("SIGKILL");
    const { code, report } = await running.ended();
    expect(report).toMatch(/^\d+ × closed: 1006$/m);
    expect(report).toMatch(/Not well: \d+ clients closed/);
    expect(code).toBe(1);
  });

  test("counts who is not let in", async () => {
    await using full = await startServer({ env: { PLUME_MAX_CLIENTS: "2" } });
    const { code, report } = await load("--url", wsOf(full), "--token", full.token("Ann"), ...small);
    expect(report).toContain("1 × could not come in: 1013 the server is full");
    expect(report).toContain("Not well: 1 client could not come in.");
    expect(code).toBe(1);
  });
});

test.concurrent("an interrupt ends it with the report so far", async () => {
  await using server = await startServer();
  const long = ["--clients", "4", "--rate", "10", "--ramp-seconds", "2", "--seconds", "600"];
  const running = startLoad(["--url", wsOf(server), "--token", server.token("Ann"), ...long]);
  await running.says(/^3\/5: /m);
  running.interrupt();
  const { code, report } = await running.ended();
  expect(report).toContain(", interrupted");
  expect(report).toContain("All is well: ");
  expect(code).toBe(0);
});

describe.concurrent("wrong usage is told in one sentence:", () => {
  const url = ["--url", "ws://localhost:1"];
  const token = ["--token", "x"];
  test.each([
    ["a foreign host", ["--url", "wss://chat.example.org", ...token], "--host-is-mine chat.example.org"],
    [
      "consent for another one",
      ["--url", "ws://192.0.2.1", "--host-is-mine", "192.0.2.2", ...token],
      "192.0.2.1",
    ],
    ["no WebSocket", ["--url", "http://localhost", ...token], "ws://host:port or wss://host"],
    ["no login", url, "--token, --secret-file and --login-command"],
    ["two logins", [...url, ...token, "--login-command", "x"], "--token, --secret-file and --login-command"],
    ["two rooms in version 1", [...url, ...token, "--protocol", "v1", "--rooms", "2"], "--rooms must be 1"],
    ["version 3", [...url, ...token, "--protocol", "v3"], "Allowed choices are v1, v2;"],
    ["too few clients", [...url, ...token, "--clients", "1", "--rate", "9"], "2 are needed"],
    [
      "more than can be heard",
      [...url, ...token, "--clients", "5000", "--rate", "500"],
      "2000000 deliveries",
    ],
    [
      "more tabs than a person has",
      [...url, ...token, "--clients", "101"],
      "with --secret-file, or have fewer",
    ],
    ["a value out of range", [...url, ...token, "--rooms", "21"], "--rooms takes whole numbers from 1 to 20"],
    ["an unknown option", [...url, ...token, "--roms", "2"], "(did you mean --rooms?)"],
  ])("%s", (_, args, sentence) => isRefused(args, sentence));
});

/** Nobody listens on port 1, so a load that is accepted tries to connect, and says where. */
describe.concurrent("a load on", () => {
  test.each([
    ["ws://localhost:1", "ws://localhost:1/connect: connect ECONNREFUSED"],
    ["ws://127.0.0.1:1", "ws://127.0.0.1:1/connect: connect ECONNREFUSED"],
    ["ws://127.8.0.1:1", "ws://127.8.0.1:1/connect: "],
    ["ws://[::1]:1/connect", "ws://[::1]:1/connect: "],
    ["wss://[::ffff:127.0.0.1]:1", "wss://[::ffff:7f00:1]:1/connect: "],
  ])("%s, which is this machine, needs no consent", (url, tried) =>
    isRefused(["--url", url, "--token", "x"], `Nobody can come in at ${tried}`),
  );

  test("another host needs its name once more, and goes to the path of its own", async () => {
    const other = ["--url", "ws://0.0.0.0:1/chat/connect", "--token", "x"];
    await isRefused(other, "--url names 0.0.0.0, which is not this machine");
    const tried = "Nobody can come in at ws://0.0.0.0:1/chat/connect: connect ECONNREFUSED";
    await isRefused([...other, "--host-is-mine", "0.0.0.0"], tried);
  });
});

/** The load test says so in one sentence, prints no report and ends with exit code 2. */
async function isRefused(args: readonly string[], sentence: string): Promise<void> {
  const { code, report, progress } = await load(...args);
  expect(progress).toContain(sentence);
  expect(progress.trim().split("\n")).toHaveLength(1);
  expect({ code, report }).toEqual({ code: 2, report: "" });
}

/** Does something to the fifth such frame; a line of the load is one where nothing else is said. */
function atFifth(change: (frame: Buffer) => readonly Buffer[], which = /"text":"load \w+ \d/): Tamper {
  let seen = 0;
  return (frame, text) => {
    if (which.test(text)) seen += 1;
    return seen === 5 && which.test(text) ? change(frame) : [frame];
  };
}

/** Holds the fifth line back until the sixth has gone. */
function swapped(): Tamper {
  let held: Buffer | undefined;
  const atFive = atFifth((frame) => {
    held = frame;
    return [];
  });
  return (frame, text) => {
    const before = held;
    const sent = atFive(frame, text);
    if (before === undefined || !/"text":"load \w+ \d/.test(text)) return sent;
    held = undefined;
    return [...sent, before];
  };
}

/** A mail server's folder, with a file for each code, and the command that reads one. */
function mailSink(mail: MailServer) {
  const folder = mkdtempSync(join(tmpdir(), "plume-load-"));
  const command = join(folder, "code-for");
  writeFileSync(command, `#!/bin/sh\nuntil [ -f "${folder}/$2" ]; do sleep 0.05; done\ncat "${folder}/$2"\n`);
  chmodSync(command, 0o700);
  return {
    command,
    async take(mails: number): Promise<void> {
      for (let taken = 0; taken < mails; taken += 1) {
        const { to, code } = await mail.next(15_000);
        writeFileSync(join(folder, "new"), code);
        renameSync(join(folder, "new"), join(folder, String(to)));
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ClientMessageV2, Type } from "../../src/protocol/v2.ts";
import { openState } from "../../src/server/open-state.ts";
import { loadStateSecret } from "../../src/store/state-directory.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { startServer } from "../support/server-process.ts";
import { askServer } from "../support/state-content.ts";

/** How far apart the places are that are damaged: an odd number, so that all parts of a record have their turn. */
const FLIP_EVERY = 149;
const CUT_EVERY = 499;

let folder = "";
let original = "";
/** What an undamaged directory has. */
let content = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plume-damage-"));
  original = join(folder, "original");
  await using server = await startServer({ keepsState: true });
  const say = async (name: string, text: string) => {
    const joins: ClientMessageV2[] = [
      { type: Type.Join, room: "garden" },
      { type: Type.Join, room: `cellar-of-${name}`, private: true },
    ];
    const lines = ["garden", `cellar-of-${name}`].map((room) => ({
      type: Type.Text,
      room,
      text: `${name} says ${text} in ${room}`,
      nonce: `${name} ${text} ${room}`,
    }));
    await askServer(server.url, server.token(name), [...joins, ...lines], [Type.Ack, 2]);
  };
  for (const name of ["ann", "bob"]) await say(name, "one");
  await server.restart(); // what is in tables now
  for (const name of ["ann", "bob", "cleo"]) await say(name, "two");
  await server.halt();
  cpSync(server.stateDir, original, { recursive: true });
  const opened = await damagedBy(() => {});
  content = opened.content;
  expect(content).toMatch(/cleo says two in garden/);
  expect(content).toMatch(/ann says one in cellar-of-ann/);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What becomes of a copy of the directory that was damaged: what was opened, or why it was not. And what the log says. */
async function damagedBy(change: (directory: string) => void) {
  const directory = join(folder, "copy");
  rmSync(directory, { recursive: true, force: true });
  cpSync(original, directory, { recursive: true });
  change(directory);
  const log: string[] = [];
  const logger = pino({}, { write: (line) => void log.push(line) });
  const effects = { clock: systemClock, random: systemRandom, logger };
  const opened = await openState(directory, () => loadStateSecret(directory), effects);
  if (opened.kind !== "opened") return { content: "", sentence: opened.sentence, log: log.join("") };
  const { rooms, names, store } = opened.state;
  await store.close();
  return { content: JSON.stringify([rooms, names]), sentence: "", log: log.join("") };
}

const files = () =>
  readdirSync(original, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(original, name)).isFile())
    .map((name) => ({ name, bytes: statSync(join(original, name)).size }));

/** A newline at its end is no part of it. */
const isOtherSecret = () => {
  const path = join(folder, "copy", "secret");
  const before = readFileSync(join(original, "secret"), "utf8");
  return existsSync(path) && readFileSync(path, "utf8").trim() !== before.trim();
};

/** What was opened with less than all of its content, or refused without a sentence. */
const silent: string[] = [];
async function isFound(what: string, change: (directory: string) => void): Promise<void> {
  const found = await damagedBy(change);
  const isRefused = /^The (state directory|address key|secret file) ".*"[^\n]*\.$/.test(found.sentence);
  if (!isRefused && found.content !== content) silent.push(`${what}: ${found.sentence}`);
  const isSaid = found.log.includes("is another one than before");
  if (isOtherSecret() && !isRefused && !isSaid) silent.push(what);
}

it("a bit that flipped anywhere in a state directory is found, or nothing is missing", async () => {
  silent.length = 0;
  let flips = 0;
  for (const { name, bytes } of files()) {
    for (let at = 0; at < bytes; at += bytes > 1000 ? FLIP_EVERY : 13) {
      flips += 1;
      await isFound(`${name} at ${at}`, (directory) => {
        const path = join(directory, name);
        const text = readFileSync(path);
        text[at] = (text[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(path, text);
      });
    }
  }
  expect(flips).toBeGreaterThan(50);
  expect(silent).toEqual([]);
});

it("a tail that was cut off any file of a state directory is found, or nothing is missing", async () => {
  silent.length = 0;
  for (const { name, bytes } of files()) {
    for (let left = bytes - 1; left >= 0; left -= bytes > 1000 ? CUT_EVERY : 23)
      await isFound(`${name} cut to ${left} of ${bytes}`, (directory) =>
        truncateSync(join(directory, name), left),
      );
  }
  expect(silent).toEqual([]);
});

it("a file that is gone from a state directory is found, or nothing is missing", async () => {
  silent.length = 0;
  for (const { name } of files()) await isFound(`${name} gone`, (directory) => rmSync(join(directory, name)));
  expect(silent).toEqual([]);
});

import {
  chmodSync,
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repair } from "../../src/cli/repair.ts";
import { type ClientMessageV2, Type } from "../../src/protocol/v2.ts";
import { openState } from "../../src/server/open-state.ts";
import { loadStateSecret } from "../../src/store/state-directory.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { settingsOf } from "../support/in-process-server.ts";
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
  const { rooms, people, store } = opened.state;
  await store.close();
  const { store: _, seenMs: __, ...kept } = people;
  const all = JSON.stringify([rooms, kept]).replaceAll(/"epoch":"[\w-]{12}"/g, '"epoch":"of a copy"');
  return { content: all, sentence: "", log: log.join("") };
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
  const isRefused =
    /^The (state directory|address key|secret file) ".*"[^\n]*\.$/.test(found.sentence) &&
    !found.sentence.includes("is the disk full");
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

describe("plume repair", () => {
  it("says so where there is nothing to repair, or nothing that it can", async () => {
    const directory = join(folder, "other");
    const repaired = () => repair(settingsOf({ PLUME_STATE_DIR: directory }), effects);
    expect(await repaired()).toMatchObject({
      kind: "wrong",
      sentence: expect.stringMatching(/nothing to repair\.$/),
    });
    cpSync(join(import.meta.dirname, "state-0.4.0"), directory, { recursive: true });
    chmodSync(directory, 0o700);
    expect(await repaired()).toMatchObject({
      kind: "wrong",
      sentence: expect.stringMatching(/by version 0\.4, /),
    });
    rmSync(directory, { recursive: true });
  });

  const effects = { clock: systemClock, random: systemRandom, logger: pino({ level: "silent" }) };
  const flip = (directory: string, name: RegExp, part: number) => {
    const file = readdirSync(join(directory, "db")).find((file) => name.test(file)) ?? "";
    const path = join(directory, "db", file);
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length * part);
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(path, bytes);
  };
  const remove = (directory: string, name: RegExp) => {
    for (const file of readdirSync(directory, { recursive: true, encoding: "utf8" }))
      if (name.test(file)) rmSync(join(directory, file));
  };

  it.each<[what: string, damage: (directory: string) => void, isAll: boolean]>([
    ["a bit of the journal", (directory) => flip(directory, /\.log$/, 0.4), false],
    ["a bit of a table", (directory) => flip(directory, /\.ldb$/, 0.2), false],
    ["the list of tables", (directory) => remove(directory, /MANIFEST/), true],
    ["the file that names it", (directory) => remove(directory, /CURRENT/), true],
    ["the head", (directory) => remove(directory, /head$/), true],
  ])(
    "opens a directory without %s again, with a new log in each room and what could be read",
    async (_, damage, isAll) => {
      const directory = join(folder, "copy");
      expect(await damagedBy(damage)).toMatchObject({
        sentence: expect.stringMatching(/is damaged .*plume repair/),
      });
      rmSync(directory, { recursive: true });
      cpSync(original, directory, { recursive: true });
      damage(directory);
      const settings = settingsOf({ PLUME_STATE_DIR: directory });
      const repaired = await repair(settings, effects);
      expect(repaired).toMatchObject({
        kind: "done",
        text: expect.stringMatching(/^Repaired ".*"db-damaged-1"\.$/),
      });
      expect(readdirSync(directory)).toEqual(
        expect.arrayContaining(["address-key", "db", "db-damaged-1", "head", "plume-state", "secret"]),
      );
      const opened = await openState(directory, () => loadStateSecret(directory), effects);
      if (opened.kind !== "opened") throw new Error(opened.sentence);
      const { rooms, people, store } = opened.state;
      await store.close();
      const before: { facts: object; past: { epoch: string; messages: object[] } }[] = JSON.parse(content)[0];
      const epochs = before.map(({ past }) => past.epoch);
      expect(rooms.filter(({ past }) => epochs.includes(past.epoch))).toEqual([]);
      const linesOf = (all: readonly { past: { messages: readonly object[] } }[]) =>
        all.map(({ past }) => JSON.stringify(past.messages)).sort();
      if (isAll)
        expect([linesOf(rooms), people]).toEqual([
          linesOf(before),
          expect.objectContaining(JSON.parse(content)[1]),
        ]);
      else expect(rooms.length + people.names.length).toBeGreaterThan(0);
      expect(await repair(settings, effects)).toMatchObject({
        text: expect.stringContaining("is not damaged"),
      });
      expect(readdirSync(directory)).not.toContain("db-damaged-2");
    },
  );
});

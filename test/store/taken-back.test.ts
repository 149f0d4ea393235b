import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { Type } from "../../src/protocol/v2.ts";
import { LevelDisk } from "../../src/store/level-disk.ts";
import { placesIn } from "../../src/store/state-directory.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startServer } from "../support/server-process.ts";
import { askServer } from "../support/state-content.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plume-taken-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Files in a directory that have any of the texts in them. */
function filesWith(directory: string, texts: readonly string[]): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => {
    try {
      const path = join(directory, name);
      const file = statSync(path).isFile() ? readFileSync(path, "latin1") : "";
      return texts.some((text) => file.includes(text));
    } catch {
      return false; // LevelDB has taken it away by now
    }
  });
}

const gone = (directory: string, texts: readonly string[]) =>
  vi.waitFor(() => expect(filesWith(directory, texts)).toEqual([]), { timeout: 20_000, interval: 20 });

/** Copies a directory as a killed process leaves it: all files of one moment, so not while LevelDB makes others. */
async function copyAtRest(directory: string, copy: string): Promise<void> {
  const state = () =>
    readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
      const { size, mtimeMs } = statSync(join(directory, name));
      return [name, size, mtimeMs];
    });
  await vi.waitFor(
    () => {
      rmSync(copy, { recursive: true, force: true });
      const before = state();
      cpSync(directory, copy, { recursive: true });
      expect(state()).toEqual(before);
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** Nothing that LevelDB would compress. */
const unique = () => randomBytes(12).toString("hex");

describe("what was taken back is in no file any more", () => {
  const clock = new FakeClock();
  async function open(directory: string): Promise<LevelDisk> {
    const opened = await LevelDisk.open(placesIn(directory), { clock, random: systemRandom });
    if (opened.kind !== "open") throw new Error(JSON.stringify(opened));
    for await (const _ of opened.disk.read());
    return opened.disk;
  }

  /** Writes lines and people, and takes them back or overwrites them: whose texts and names are to be gone, and what stays. */
  async function takeBack(disk: LevelDisk, round: number, lines: number) {
    const [erased, edited, stays] = [unique(), unique(), unique()];
    const name = `person-${unique()}`;
    const filler = () => randomBytes(600).toString("hex");
    const at = (n: number) => `line/room/${String(100_000 * round + n).padStart(16, "0")}`;
    const text = (n: number) =>
      n % 3 === 0 ? `${erased} ${filler()}` : n % 3 === 1 ? `${edited} ${filler()}` : stays;
    const numbers = Array.from({ length: lines }, (_, n) => n);
    await disk.write(new Map([[`name/${name}`, name], ...numbers.map((n) => [at(n), text(n)] as const)]));
    const changes = numbers.map(
      (n) => [at(n), n % 3 === 0 ? undefined : n % 3 === 1 ? "edited" : stays] as const,
    );
    await disk.write(new Map([[`name/${name}`, undefined], ...changes]));
    return { taken: [erased, edited, name], stays, staysAt: at(2) };
  }

  it("five minutes later, while the server runs", async () => {
    const disk = await open(folder);
    await gone(folder, ["nothing"]);
    for (const [round, lines] of [3, 40, 4_000, 7].entries()) {
      const { taken, stays, staysAt } = await takeBack(disk, round, lines);
      expect(filesWith(folder, taken)).not.toEqual([]);
      await clock.advance(limits.compactAfterMs);
      await gone(folder, taken);
      expect(await disk.get([staysAt])).toEqual([stays]);
    }
    await disk.close();
  });

  it("after the next start, whether it was stopped or killed, over and over", async () => {
    let directory = join(folder, "0");
    const all: string[] = [];
    for (const [round, lines] of [3, 2_500, 1, 60, 5_000, 9].entries()) {
      const disk = await open(directory);
      all.push(...(await takeBack(disk, round, lines)).taken);
      const isKilled = round % 2 === 0;
      if (isKilled) {
        const copy = join(folder, String(round + 1));
        await copyAtRest(directory, copy);
        await disk.close();
        directory = copy;
      } else await disk.close();
      const next = await open(directory);
      await gone(directory, all);
      await next.close();
      expect(filesWith(directory, all)).toEqual([]);
    }
  });
});

it("lines that were taken back, edited, or pushed out are in no file of a server that was stopped, killed and started", async () => {
  await using server = await startServer({
    keepsState: true,
    env: { PLUME_HISTORY: "16", PLUME_MESSAGES_PER_SECOND: "0" },
  });
  const all: string[] = [];
  for (const [round, end] of (["SIGTERM", "SIGKILL", "SIGKILL"] as const).entries()) {
    const [erased, edited, pushed] = [unique(), unique(), unique()];
    const say = (text: string, nonce: string) => ({
      type: Type.Text,
      room: "lobby",
      text,
      nonce: `${nonce}${round}`,
    });
    const said = await askServer(
      server.url,
      server.token("ann"),
      [{ type: Type.Join, room: "lobby" }, say(pushed, "p"), say(erased, "e"), say(edited, "d")],
      [Type.Ack, 3],
    );
    const [, toDelete = 0, toEdit = 0] = said.flatMap((message) =>
      message.type === Type.Ack ? [message.seq] : [],
    );
    const fill = Array.from({ length: 16 }, (_, n) => say(`fill ${n}`, `f${n}-`));
    await askServer(
      server.url,
      server.token("ann"),
      [
        { type: Type.Join, room: "lobby" },
        { type: Type.Delete, room: "lobby", of: toDelete, nonce: `x${round}` },
        { type: Type.Edit, room: "lobby", of: toEdit, text: "better", nonce: `y${round}` },
        ...fill,
      ],
      [Type.Ack, 18],
    );
    all.push(erased, edited, pushed);
    server.kill(end);
    await server.ended();
    await server.resume();
    await gone(server.stateDir, all);
  }
});

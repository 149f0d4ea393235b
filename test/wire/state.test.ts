import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { MessageType } from "../../src/protocol/v1.ts";
import { Type } from "../../src/protocol/v2.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { ResumingSocketClient, SocketClient } from "../support/socket-client.ts";
import { askServer } from "../support/state-content.ts";

const main = join(import.meta.dirname, "../../dist/main.js");

describe("a server with a state directory", () => {
  it("killed in the middle of a conversation, goes on where it was: nothing acked is lost, nothing is there twice", async () => {
    await using server = await startServer({ keepsState: true, env: { PLUME_MESSAGES_PER_SECOND: "0" } });
    await using ann = ResumingSocketClient.of(server, "ann");
    await using bob = ResumingSocketClient.of(server, "bob");
    for (const member of [ann, bob])
      await member.until("its own coming in", (record) => record.since !== undefined);

    for (const round of [1, 2, 3]) {
      for (let n = 0; n < 100; n += 1) {
        ann.say(`ann says ${round}.${n}`);
        bob.say(`bob says ${round}.${n}`);
      }
      await ann.until("some acks", ({ acked }) => acked.size > 100 * (round - 1) + 10);
      server.kill("SIGKILL");
      await server.ended();
      await server.resume();
    }
    for (const member of [ann, bob]) await member.until("all acks", ({ outbox }) => outbox.length === 0);
    // An ack may come before its line.
    const last = Math.max(
      ...[ann, bob].flatMap(({ record }) => [record.current.upTo, ...record.acked.values()]),
    );
    for (const member of [ann, bob]) {
      await member.until("all lines", ({ current }) => current.upTo >= last);
      expect(member.record.epochs.size).toBe(1);
      expect(member.record.current.gone.size).toBe(0);
      for (const [text, seq] of member.record.acked)
        expect(member.record.current.entries.get(seq)).toBe(text);
    }
    const from = Math.max(ann.record.current.from, bob.record.current.from);
    const [annHas, bobHas] = [ann, bob].map(({ record }) =>
      [...record.current.entries].filter(([seq]) => seq > from && seq <= last),
    );
    expect(annHas).toEqual(bobHas);
    expect(ann.closeCodes).toEqual([1006, 1006, 1006]); // bob may not have come back yet when the next kill comes
    const lines = [...ann.record.current.entries.values()].filter((text) => text.includes("says"));
    expect(lines).toHaveLength(new Set(lines).size);

    const seq = ann.record.acked.get("ann says 1.0");
    ann.say("ann says 1.0");
    await ann.until("an ack of what was acked before", ({ outbox }) => outbox.length === 0);
    expect(ann.record.acked.get("ann says 1.0")).toBe(seq);
  });

  it("remembers after a kill whose name is whose, and everybody's session", async () => {
    await using server = await startServer({ keepsState: true });
    const ann = await SocketClient.connect(server.url);
    ann.hello("ann", "ann@example.org");
    const { text: token } = await ann.auth(await server.codeFor("ann@example.org"));
    server.kill("SIGKILL");
    await server.ended();
    await server.resume();

    const thief = await SocketClient.connect(server.url);
    thief.hello("Ann", "eve@example.org");
    expect(await thief.next()).toMatchObject({ type: MessageType.MayNotEnter });
    const again = await SocketClient.enter(server.url, token);
    again.say("still me");
    expect(await again.nextText()).toBe("still me");
  });

  it.each(["that is new", "with something in it"])(
    "killed at any moment of its start, over and over, opens a directory %s without a word",
    async (kind) => {
      await using server = await startServer({ keepsState: true });
      const { stateDir } = server;
      const ann = await SocketClient.enter(server.url, server.token("ann"));
      ann.say("before the kills");
      expect(await ann.nextText()).toBe("before the kills");
      server.kill("SIGKILL");
      await server.ended();
      if (kind === "that is new") rmSync(stateDir, { recursive: true });
      const startsMs = await timeOf(() => server.resume());
      await server.halt();
      if (kind === "that is new") rmSync(stateDir, { recursive: true });
      for (let round = 1; round <= 8; round += 1) {
        const child = spawn(process.execPath, [main, "--state-dir", stateDir, "--port", "0"], {
          stdio: "ignore",
        });
        await sleep((startsMs * round) / 8);
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        expect(child.exitCode).toBeNull();
      }
      await server.resume();
      expect(server.log()).not.toMatch(/damage|another one/);
      if (kind === "that is new") return;
      const lobby = { type: Type.Join, room: "lobby" } as const;
      const lines = await askServer(server.url, server.token("ann"), [lobby], [Type.Text, 1]);
      expect(lines).toContainEqual(expect.objectContaining({ type: Type.Text, text: "before the kills" }));
    },
  );

  it.each<[how: string, restore: (backup: string, directory: string) => void]>([
    [
      "in its place",
      (backup, directory) => {
        rmSync(directory, { recursive: true });
        cpSync(backup, directory, { recursive: true, preserveTimestamps: true });
      },
    ],
    [
      "over what is there",
      (backup, directory) => {
        rmSync(join(directory, "db"), { recursive: true });
        cpSync(backup, directory, { recursive: true, preserveTimestamps: true });
      },
    ],
  ])(
    "that is put back from a backup, %s, has another log: people who have seen more are told so, and see all from then on",
    async (_, restore) => {
      await using server = await startServer({ keepsState: true });
      const { stateDir } = server;
      const backup = `${stateDir}-backup`;
      await using ann = ResumingSocketClient.of(server, "ann");
      await using bob = ResumingSocketClient.of(server, "bob");
      const say = async (text: string) => {
        ann.say(text);
        for (const member of [ann, bob])
          await member.until(text, ({ epochs, since }) =>
            [...(epochs.get(since?.epoch ?? "")?.entries.values() ?? [])].includes(text),
          );
      };
      for (const member of [ann, bob])
        await member.until("its own coming in", (record) => record.since !== undefined);
      await say("before the backup");
      await server.halt();
      cpSync(stateDir, backup, { recursive: true, preserveTimestamps: true });
      await server.resume();
      await say("after the backup");
      server.kill("SIGKILL");
      await server.ended();
      await server.resume();
      await say("after a kill");
      expect(server.log()).not.toContain("is a copy");
      expect([ann, bob].map(({ record }) => record.epochs.size)).toEqual([1, 1]);

      await server.halt();
      restore(backup, stateDir);
      await server.resume();
      await say("after the backup was put back");
      expect(server.log()).toContain(
        "the state directory is a copy, as from a backup: all rooms have a new log",
      );
      expect([ann, bob].map(({ record }) => record.epochs.size)).toEqual([2, 2]);
      expect([...bob.record.current.entries.values()]).toContain("before the backup");
      await server.restart();
      await say("after one more start");
      expect([ann, bob].map(({ record }) => record.epochs.size)).toEqual([2, 2]);
    },
  );

  it("that a mount has opened to a group, as Kubernetes does with an fsGroup, is closed to it again", async () => {
    await using server = await startServer({ keepsState: true });
    const { stateDir } = server;
    await server.halt();
    chmodSync(stateDir, 0o2770);
    const inside = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
    for (const name of inside) chmodSync(join(stateDir, name), name === "db" ? 0o2770 : 0o660);
    expect(plume("check", "--state-dir", stateDir)).toMatch(
      /State directory\n {2}others can get at it, until /,
    );
    await server.resume();
    expect(server.log()).toContain("others could get at the state directory: it is closed to them now");
    const modes = ["", ...inside].map(
      (name) => statSync(join(stateDir, name), { throwIfNoEntry: false })?.mode,
    );
    expect(modes.filter((mode) => mode !== undefined && (mode & 0o077) !== 0)).toEqual([]);
  });

  it("keeps its files to itself, and one process at a time to them; tokens and checks need neither", async () => {
    await using server = await startServer({ keepsState: true });
    const { stateDir } = server;
    expect(modeOf(stateDir)).toBe("700");
    const names = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
    expect(names).toContain("db/CURRENT");
    const modes = names.map((name) => [name, modeOf(join(stateDir, name))]);
    const isThere = ([, mode]: (string | undefined)[]) => mode !== undefined; // the database takes files away at any time
    expect(modes.filter(isThere)).toEqual(
      modes.filter(isThere).map(([name]) => [name, name === "db" ? "700" : "600"]),
    );

    const second = spawnSync(process.execPath, [main, "--state-dir", stateDir, "--port", "0"]);
    expect({ code: second.status, text: String(second.stderr) }).toEqual({
      code: 1,
      text: expect.stringMatching(/^The state directory ".*" is used by another process: stop .*\.\n$/),
    });
    const repairing = spawnSync(process.execPath, [main, "repair", "--state-dir", stateDir]);
    expect({ code: repairing.status, text: String(repairing.stderr) }).toEqual({
      code: 1,
      text: expect.stringMatching(
        /^The state directory ".*" is used by another process: stop that one first\.\n$/,
      ),
    });
    expect(readdirSync(stateDir).sort()).toEqual([
      "address-key",
      "db",
      "head",
      "last-start",
      "plume-state",
      "secret",
    ]);
    const token = plume("token", "--name", "ann", "--email", "a@example.org", "--state-dir", stateDir);
    const ann = await SocketClient.enter(server.url, token.trim());
    ann.say("in by token");
    expect(await ann.nextText()).toBe("in by token");
    expect(plume("check", "--state-dir", stateDir)).toMatch(
      /State directory\n {2}[\d.]+ \w+ on disk, \d+ entries after \d+ writes; at most/,
    );
  });
});

describe("the keys of a state directory", () => {
  it("with another secret, names are still their owners' and only sessions have ended", async () => {
    await using server = await startServer({ keepsState: true });
    await logIn(server, "ann", "ann@example.org");
    const token = server.token("ann");
    await server.halt();
    writeFileSync(server.secretFile, `${"f".repeat(64)}\n`);
    await server.resume();

    const late = await SocketClient.connect(server.url);
    late.send(MessageType.Auth, token);
    expect(await late.next()).toMatchObject({ type: MessageType.AuthRst });
    const eve = await SocketClient.connect(server.url);
    eve.hello("Ann", "eve@example.org");
    expect(await eve.next()).toMatchObject({ type: MessageType.MayNotEnter });
    expect(await logIn(server, "ann", "ann@example.org")).toMatchObject({ type: MessageType.AuthAck });
    const again = await SocketClient.enter(server.url, server.token("ann"));
    again.say("still me");
    expect(await again.nextText()).toBe("still me");
  });

  it.each<[what: string, change: (path: string) => void, says: RegExp]>([
    [
      "is another one",
      (path) => writeFileSync(path, `${"0".repeat(64)}\n`),
      /is another one than before: put /,
    ],
    ["is damaged", (path) => writeFileSync(path, "0".repeat(63)), /is damaged: put the one back .*backup/],
    ["is missing", (path) => rmSync(path), /is missing: put the one back .*backup/],
  ])(
    "a state directory whose address key %s is refused with a sentence, and taken when it is put back",
    async (what, change, says) => {
      await using server = await startServer({ keepsState: true });
      const path = join(server.stateDir, "address-key");
      const before = readFileSync(path);
      await server.halt();
      change(path);
      const refused = spawnSync(process.execPath, [main, "--state-dir", server.stateDir, "--port", "0"]);
      expect({ code: refused.status, text: String(refused.stderr) }).toEqual({
        code: 2,
        text: expect.stringMatching(says),
      });
      expect(String(refused.stderr)).toMatch(/^The address key "[^\n]*\.\n$/);
      const checked = spawnSync(process.execPath, [main, "check", "--state-dir", server.stateDir]);
      if (what !== "is another one") expect(String(checked.stderr)).toBe(String(refused.stderr));
      writeFileSync(path, before, { mode: 0o600 });
      await server.resume();
    },
  );
});

/** Logs in by mail, and returns the answer. */
async function logIn(server: ServerProcess, name: string, email: string) {
  const client = await SocketClient.connect(server.url);
  client.hello(name, email);
  client.send(MessageType.Auth, await server.codeFor(email));
  const answer = await client.next();
  client.close();
  return answer;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function plume(...args: string[]): string {
  return execFileSync(process.execPath, [main, ...args], { encoding: "utf8" });
}

/** Undefined where the file is gone. */
function modeOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && (stats.mode & 0o777).toString(8);
}

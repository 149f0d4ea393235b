import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startServer } from "../../support/server-process.ts";
import { ResumingSocketClient, SocketClient } from "../../support/socket-client.ts";
import { tell } from "../report.ts";

const diskMb = 48;

it("refuses lines while its disk is full, in a sentence, goes on when there is room, and has kept all it said it would", async () => {
  using disk = mountDisk();
  const env = { PLUME_STATE_DIR: join(disk.path, "state"), PLUME_MESSAGES_PER_SECOND: "0" };
  await using server = await startServer({ env });
  const ann = await SocketClient.enter(server.url, server.token("ann"));
  const taken: string[] = [];
  const say = async (text: string): Promise<"taken" | "refused"> => {
    ann.say(text);
    for (;;) {
      const message = await ann.next(20_000);
      if (message.text.startsWith("not sent: ")) return "refused";
      if (message.text !== text) continue;
      taken.push(text);
      return "taken";
    }
  };
  await using reader = ResumingSocketClient.of(server, "reader");
  await reader.until("Joined", ({ since }) => since !== undefined);
  expect(await say("before")).toBe("taken");

  const ballast = join(disk.path, "ballast");
  const { bavail, bsize } = statfsSync(disk.path);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 64 * 1024));
  let lines = 0;
  const padding = "x".repeat(8 * 1024);
  while ((await say(`while it fills ${lines} ${padding}`)) === "taken") lines += 1;
  for (let n = 0; n < 20; n += 1) expect(await say(`full ${n} ${padding}`)).toBe("refused");
  expect(server.log().match(/the state cannot be saved/g)).toHaveLength(1);

  rmSync(ballast);
  let tries = 0;
  for (; (await say(`after ${tries}`)) === "refused"; tries += 1) await sleep(50);
  await reader.until("what is said after", ({ epochs }) => textsOf(epochs).includes(`after ${tries}`));
  expect(textsOf(reader.record.epochs)).toEqual(taken);
  expect(reader.closeCodes).toEqual([]);
  tell(`disk full: ${taken.length} lines taken, ${tries + 21} refused`);

  server.kill("SIGKILL");
  await server.ended();
  await server.resume();
  await using later = ResumingSocketClient.of(server, "later");
  await later.until("all lines", ({ epochs }) => textsOf(epochs).includes(taken.at(-1) ?? ""));
  expect(textsOf(later.record.epochs)).toEqual(taken);
});

/** Lines, without who came and went. */
function textsOf(epochs: ResumingSocketClient["record"]["epochs"]): string[] {
  return [...epochs.values()]
    .flatMap(({ entries }) => [...entries.values()])
    .filter((text) => /^(before|while|full|after)/.test(text));
}

/** Needs root. */
function mountDisk(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "plume-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMb}m`, "tmpfs", path]);
  return {
    path,
    [Symbol.dispose]() {
      execFileSync("umount", ["--lazy", path]);
      rmdirSync(path);
    },
  };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { DiskJournal } from "../../src/journal/disk.ts";
import { MemoryJournal } from "../../src/journal/memory.ts";
import { limits } from "../../src/limits.ts";
import type { Disk } from "../../src/store/disk.ts";
import { LevelDisk } from "../../src/store/level-disk.ts";
import { placesIn } from "../../src/store/state-directory.ts";
import { Store } from "../../src/store/store.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { describeJournal, type Setup, write } from "./conformance.ts";

const logger = pino({ level: "silent" });

async function inMemory(): Promise<Setup> {
  return {
    open: async (inbox) => new MemoryJournal(inbox),
    kept: async () => ({}),
    breakDown: () => {},
    settle: async () => {},
    close: async () => {},
  };
}

async function onFakeDisk(): Promise<Setup> {
  const clock = new FakeClock();
  const disk = new FakeDisk(clock);
  return {
    async open(inbox) {
      disk.pullOut({ written: false });
      const store = new Store(disk.insert(), { clock, logger });
      return new DiskJournal({ inbox, store, write, owed: [] });
    },
    kept: async () => Object.fromEntries(disk.kept),
    breakDown: (isBroken) => {
      disk.isFull = isBroken;
    },
    settle: () => clock.advance(limits.saveRetryMs),
    close: async () => {},
  };
}

/** A real database, which fails when it is told to. Its store's retries are in virtual time. */
async function onLevelDisk(): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), "plume-journal-"));
  const clock = new FakeClock();
  let isBroken = false;
  let underway: Promise<unknown> = Promise.resolve();
  let store: Store | undefined;
  let level: LevelDisk | undefined;
  return {
    async open(inbox) {
      await close();
      const opened = await LevelDisk.open(placesIn(folder), { clock, random: systemRandom });
      if (opened.kind !== "open") throw new Error(`the disk is ${opened.kind}`);
      const { disk } = opened;
      level = disk;
      const breakable: Disk = {
        read: () => disk.read(),
        write(changes) {
          const writing = isBroken
            ? Promise.resolve({ kind: "failed" as const, cause: "told to" })
            : disk.write(changes);
          underway = writing;
          return writing;
        },
        close: () => disk.close(),
      };
      store = new Store(breakable, { clock, logger });
      return new DiskJournal({ inbox, store, write, owed: [] });
    },
    async kept() {
      const kept: Record<string, string> = {};
      for await (const [key, value] of level?.read() ?? []) kept[key] = value;
      return kept;
    },
    breakDown: (broken) => {
      isBroken = broken;
    },
    async settle() {
      await clock.advance(limits.saveRetryMs);
      await underway;
    },
    async close() {
      await close();
      rmSync(folder, { recursive: true });
    },
  };

  async function close(): Promise<void> {
    const closing = store?.close();
    await clock.settle();
    await closing;
    store = undefined;
  }
}

describeJournal("a journal in memory", inMemory, { keeps: false });
describeJournal("a journal on a disk in memory", onFakeDisk, { keeps: true });
describeJournal("a journal on a real disk", onLevelDisk, { keeps: true });

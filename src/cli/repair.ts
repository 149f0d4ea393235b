import { cpSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Logger } from "pino";
import { newEpoch } from "../chat/records.ts";
import { recover } from "../chat/recovery.ts";
import { repairState } from "../chat/repair.ts";
import type { Settings } from "../settings/settings.ts";
import { FINGERPRINT, isReserved, LevelDisk } from "../store/level-disk.ts";
import { salvage } from "../store/salvage.ts";
import { inspectStateDirectory, placesIn } from "../store/state-directory.ts";
import { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { quote } from "../system/printable.ts";
import type { Random } from "../system/random.ts";
import type { Outcome } from "./outcome.ts";

/** Entries that are written at once. */
const BATCH = 1000;

interface RepairEffects {
  clock: Clock;
  random: Random;
  logger: Logger;
}

/**
 * `plume repair`: makes a state directory that is damaged one that opens, with what can be read of it. The damaged database is
 * kept beside the new one. Killed at any moment, it can be run again.
 */
export async function repair({ state }: Settings, effects: RepairEffects): Promise<Outcome> {
  if (state.kind === "memory") return { kind: "wrong", sentence: "There is no state directory to repair." };
  const directory = state.path;
  const inspected = inspectStateDirectory(directory);
  if (inspected.kind === "wrong") return inspected;
  if (inspected.kind !== "found") return wrong(directory, "has nothing in it: there is nothing to repair");
  if (inspected.isFormer)
    return wrong(
      directory,
      "was written by version 0.4, which cannot be repaired: restore it from a backup, or move it away to begin with nothing",
    );
  const { database } = placesIn(directory);
  finishSwap(directory);
  if (!existsSync(database)) return wrong(directory, "has no database: restore it from a backup");
  const aside = join(directory, nameAside(directory));
  cpSync(database, aside, { recursive: true }); // before it is opened, which changes it
  const sound = await isSound(directory, effects);
  if (sound !== "damaged") {
    rmSync(aside, { recursive: true });
    return sound === "sound"
      ? { kind: "done", text: `The state directory ${quote(directory)} is not damaged; nothing was changed.` }
      : { kind: "failed", sentence: `The state directory ${quote(directory)} ${sound}.` };
  }
  return rebuild(directory, aside, effects);
}

/** "damaged", "sound", or a clause that says why it cannot be told. */
async function isSound(directory: string, effects: RepairEffects): Promise<string> {
  const opened = await LevelDisk.open(placesIn(directory), effects);
  switch (opened.kind) {
    case "damaged":
      return "damaged";
    case "locked":
      return "is used by another process: stop that one first";
    case "failed":
      return `cannot be opened (${String(opened.cause)})`;
    case "open": {
      const store = new Store(opened.disk, effects);
      const recovery = await recover(store, { random: effects.random, isCopy: false }).catch(() => ({
        kind: "damaged" as const,
      }));
      await store.close();
      return recovery.kind === "saved" ? "sound" : "damaged";
    }
  }
}

/** Makes the new database and puts it in the place of the damaged one. */
async function rebuild(directory: string, aside: string, effects: RepairEffects): Promise<Outcome> {
  const found = new Map([...salvage(aside)].filter(([key]) => !isReserved(key)));
  const fingerprints = [...found].filter(([key]) => key.startsWith(FINGERPRINT));
  const { entries, rooms, lines, names } = repairState(found, () => newEpoch(effects.random));
  const { database, head } = repairedIn(directory);
  rmSync(database, { recursive: true, force: true });
  rmSync(head, { force: true });
  const opened = await LevelDisk.open({ database, head }, effects);
  if (opened.kind !== "open") return { kind: "failed", sentence: `The new database is ${opened.kind}.` };
  const all = [...fingerprints, ...entries];
  for (let at = 0; at < all.length; at += BATCH) {
    const written = await opened.disk.write(new Map(all.slice(at, at + BATCH)));
    if (written.kind === "failed")
      return { kind: "failed", sentence: `The new database cannot be written (${String(written.cause)}).` };
  }
  await opened.disk.close();
  renameSync(head, placesIn(directory).head);
  renameSync(placesIn(directory).database, join(directory, OLD));
  finishSwap(directory);
  const lost = found.size - fingerprints.length - entries.size;
  return {
    kind: "done",
    text:
      `Repaired ${quote(directory)}: kept ${rooms} rooms, ${lines} messages and ${names} names; ${lost} entries that could be read ` +
      `made no sense without those that could not. All rooms have a new log. The damaged database is in ${quote(basename(aside))}.`,
  };
}

const OLD = "db-old";

const repairedIn = (directory: string) => ({
  database: join(directory, "db-repaired"),
  head: join(directory, "head-repaired"),
});

/** From when the damaged database is moved away, the new one is complete, and takes its place. */
function finishSwap(directory: string): void {
  const { database } = placesIn(directory);
  const repaired = repairedIn(directory).database;
  if (!existsSync(database) && existsSync(repaired)) renameSync(repaired, database);
  rmSync(join(directory, OLD), { recursive: true, force: true });
}

/** The first that is free. */
function nameAside(directory: string): string {
  const names = readdirSync(directory);
  for (let n = 1; ; n += 1) if (!names.includes(`db-damaged-${n}`)) return `db-damaged-${n}`;
}

function wrong(directory: string, problem: string): Outcome {
  return { kind: "wrong", sentence: `The state directory ${quote(directory)} ${problem}.` };
}

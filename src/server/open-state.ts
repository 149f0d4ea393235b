import type { Logger } from "pino";
import { recover, type SavedState } from "../chat/recovery.ts";
import { keysFromSecret, type ServerKeys } from "../login/keys.ts";
import { createAddressKey, fingerprintOf, loadAddressKey, otherAddressKey } from "../store/address-key.ts";
import { isContinued, markStart } from "../store/last-start.ts";
import { FINGERPRINT, LevelDisk } from "../store/level-disk.ts";
import type { LoadedSecret } from "../store/secret-file.ts";
import { closeToOthers, placesIn, prepareStateDirectory, raiseFormat } from "../store/state-directory.ts";
import { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { quote } from "../system/printable.ts";
import type { Random } from "../system/random.ts";

/** "wrong": with the directory that was named. "failed": with the machine. The sentence says what is wrong and what to do. */
type Problem = { kind: "wrong" | "failed"; sentence: string };

/** What a state directory has, and the keys that it was written with. */
export type OpenedState = ({ kind: "opened"; state: SavedState } & ServerKeys) | Problem;

interface OpenEffects {
  clock: Clock;
  random: Random;
  logger: Logger;
}

/**
 * Opens a state directory, or makes it, and recovers what is saved in it.
 *
 * @param loadSecret what signs sessions: a state directory of version 0.4 has no other key. The directory is there when it is called.
 */
export async function openState(
  directory: string,
  loadSecret: () => LoadedSecret,
  effects: OpenEffects,
): Promise<OpenedState> {
  const sentence = prepareStateDirectory(directory, effects.random);
  if (sentence !== undefined) return { kind: "wrong", sentence };
  try {
    if (closeToOthers(directory))
      effects.logger.warn({ directory }, "others could get at the state directory: it is closed to them now");
  } catch (error) {
    return cannotBeOpened(directory, error);
  }
  const loaded = loadSecret();
  if (loaded.kind === "wrong") return loaded;
  const opened = await LevelDisk.open(placesIn(directory), effects);
  switch (opened.kind) {
    case "locked":
      return failed(
        directory,
        "is used by another process: stop that one, or set PLUME_STATE_DIR to a directory of this one's own",
      );
    case "failed":
      return cannotBeOpened(directory, opened.cause);
    case "damaged":
      return damaged(directory, opened.problem);
    case "open": {
      const read = await readDisk(directory, opened.disk, loaded.secret, effects);
      if (read.kind !== "opened") await opened.disk.close();
      return read;
    }
  }
}

/** What is on a disk that belongs to this process now. */
async function readDisk(
  directory: string,
  disk: LevelDisk,
  secret: Uint8Array,
  effects: OpenEffects,
): Promise<OpenedState> {
  try {
    const keys = keysOf(directory, secret, effects.random);
    if (keys.kind === "wrong") return keys;
    const before = await fingerprintsOn(disk);
    const now = { addressKey: fingerprintOf(keys.addressKey), secret: fingerprintOf(keys.secret) };
    if (before.addressKey !== undefined && before.addressKey !== now.addressKey)
      return { kind: "wrong", sentence: otherAddressKey(directory) };
    const { lastStart } = placesIn(directory);
    const isCopy = !isContinued(lastStart, before.lastStart);
    const store = new Store(disk, effects);
    const recovery = await recover(store, { random: effects.random, isCopy }).catch((error: unknown) => ({
      kind: "damaged" as const,
      problem: reasonOf(error),
    }));
    if (recovery.kind === "damaged") return damaged(directory, recovery.problem);
    if (before.secret !== undefined && before.secret !== now.secret)
      effects.logger.warn(
        "the secret that signs sessions is another one than before: everybody has to log in again",
      );
    if (isCopy)
      effects.logger.warn(
        "the state directory is a copy, as from a backup: all rooms have a new log, for people may have seen more than is in it",
      );
    const changes = new Map([
      [fingerprintKeys.addressKey, now.addressKey],
      [fingerprintKeys.secret, now.secret],
      [fingerprintKeys.lastStart, markStart(lastStart, before.lastStart, effects.random)],
    ]);
    if ((await store.commit(changes)) === "failed")
      return failed(directory, "cannot be written: is the disk full, or read only?");
    return { ...keys, kind: "opened", state: recovery };
  } catch (error) {
    return cannotBeOpened(directory, error);
  }
}

const fingerprintKeys = {
  addressKey: `${FINGERPRINT}address-key`,
  secret: `${FINGERPRINT}secret`,
  lastStart: `${FINGERPRINT}last-start`,
} as const;

/** Of the keys that the server before had, and of its start. */
async function fingerprintsOn(disk: LevelDisk) {
  const keys = Object.values(fingerprintKeys);
  const [addressKey, secret, lastStart] = await disk.get(keys);
  return { addressKey, secret, lastStart };
}

/** The keys of a state directory. One of version 0.4 gets a file with the key that it was written with, before anything else of this version. */
function keysOf(
  directory: string,
  secret: Uint8Array,
  random: Random,
): ({ kind: "keys" } & ServerKeys) | { kind: "wrong"; sentence: string } {
  const loaded = loadAddressKey(directory);
  switch (loaded.kind) {
    case "wrong":
      return loaded;
    case "loaded":
      raiseFormat(directory, random);
      return { kind: "keys", secret, addressKey: loaded.addressKey };
    case "former": {
      const keys = keysFromSecret(secret);
      createAddressKey(directory, keys.addressKey, random);
      raiseFormat(directory, random);
      return { kind: "keys", ...keys };
    }
  }
}

function damaged(directory: string, problem: string): Problem {
  const remedy = "restore it from a backup, or run `plume repair`, which keeps what can be read";
  return {
    kind: "wrong",
    sentence: `The state directory ${quote(directory)} is damaged (${problem}): ${remedy}.`,
  };
}

function cannotBeOpened(directory: string, cause: unknown): Problem {
  return failed(directory, `cannot be opened (${reasonOf(cause)}): is the disk full, or read only?`);
}

function failed(directory: string, problem: string): Problem {
  return { kind: "failed", sentence: `The state directory ${quote(directory)} ${problem}.` };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

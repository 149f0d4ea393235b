import type { Logger } from "pino";
import { recover, type SavedState } from "../chat/recovery.ts";
import { LevelDisk } from "../store/level-disk.ts";
import { placesIn, prepareStateDirectory } from "../store/state-directory.ts";
import { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { quote } from "../system/printable.ts";
import type { Random } from "../system/random.ts";

/** "wrong": with the directory that was named. "failed": with the machine. The sentence says what is wrong and what to do. */
export type OpenedState = SavedState | { kind: "wrong" | "failed"; sentence: string };

/** Opens a state directory, or makes it, and recovers what is saved in it. */
export async function openState(
  directory: string,
  effects: { clock: Clock; random: Random; logger: Logger },
): Promise<OpenedState> {
  const sentence = prepareStateDirectory(directory, effects.random);
  if (sentence !== undefined) return { kind: "wrong", sentence };
  const opened = await LevelDisk.open(placesIn(directory).database);
  switch (opened.kind) {
    case "locked":
      return failed(
        directory,
        "is used by another process: stop that one, or set PLUME_STATE_DIR to a directory of this one's own",
      );
    case "failed":
      return failed(
        directory,
        `cannot be opened (${reasonOf(opened.cause)}): is the disk full, or read only?`,
      );
    case "damaged":
      return damaged(directory, opened.problem);
    case "open": {
      const recovery = await recover(new Store(opened.disk, effects), effects.random).catch(
        (error: unknown) => ({
          kind: "damaged" as const,
          problem: reasonOf(error),
        }),
      );
      if (recovery.kind === "saved") return recovery;
      await opened.disk.close();
      return damaged(directory, recovery.problem);
    }
  }
}

function damaged(directory: string, problem: string): OpenedState {
  const remedy = "restore it from a backup, or move it away to begin with nothing";
  return {
    kind: "wrong",
    sentence: `The state directory ${quote(directory)} is damaged (${problem}): ${remedy}.`,
  };
}

function failed(directory: string, problem: string): OpenedState {
  return { kind: "failed", sentence: `The state directory ${quote(directory)} ${problem}.` };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

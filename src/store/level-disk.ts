import { mkdirSync, readdirSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { limits } from "../limits.ts";
import type { Changes, Disk, Written } from "./disk.ts";

/** What became of opening a database. "damaged": it cannot be understood, or part of it is gone. */
export type OpenedDisk =
  | { kind: "open"; disk: LevelDisk }
  | { kind: "locked" }
  | { kind: "damaged"; problem: string }
  | { kind: "failed"; cause: unknown };

/** The key of the number of the last write, which is not the caller's. A database without it has lost its content. */
const WRITES = "writes";
/** Begins the keys of fingerprints: of the keys that the content was written with. They are not read with it. */
export const FINGERPRINT = "fingerprint/";

/** A write that failed. LevelDB's journal may have it all the same, and bring it back when the journal is read. */
interface Failure {
  readonly changes: Changes;
  /** The values before it; undefined until they could be read. */
  before: Changes | undefined;
}

/** A Disk of LevelDB, in a folder of its own. Each write is one batch that is synced. */
export class LevelDisk implements Disk {
  readonly #folder: string;
  #db: ClassicLevel;
  /** The number of the last write that was saved. */
  #writes: number;
  #failure: Failure | undefined;
  /** Bytes written since LevelDB was last told to compact. */
  #uncompacted = 0;

  private constructor(folder: string, db: ClassicLevel, writes: number) {
    this.#folder = folder;
    this.#db = db;
    this.#writes = writes;
    this.#compact();
  }

  /** Opens the database in the folder; creates both where there is no folder, or nothing in it. */
  static async open(folder: string): Promise<OpenedDisk> {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const isNew = readdirSync(folder).every((name) => name === "LOCK" || name === "LOG");
      const db = await openLevel(folder, isNew);
      if (isNew) await db.put(WRITES, "0", { sync: true });
      const writes = await db.get(WRITES);
      if (writes !== undefined) return { kind: "open", disk: new LevelDisk(folder, db, Number(writes)) };
      await db.close();
      return { kind: "damaged", problem: "what was in it is gone" };
    } catch (error) {
      const { code, message } = causeOf(error);
      if (code === "LEVEL_LOCKED") return { kind: "locked" };
      const isDamaged = code === "LEVEL_CORRUPTION" || /does not exist/.test(message);
      return isDamaged ? { kind: "damaged", problem: message } : { kind: "failed", cause: error };
    }
  }

  async *read(): AsyncGenerator<readonly [key: string, value: string], void> {
    for await (const entry of this.#db.iterator({ fillCache: false }))
      if (entry[0] !== WRITES && !entry[0].startsWith(FINGERPRINT)) yield entry;
  }

  /** What is under one key. Throws where that cannot be read. */
  get(key: string): Promise<string | undefined> {
    return this.#db.get(key);
  }

  async write(changes: Changes): Promise<Written> {
    try {
      if (this.#failure !== undefined) await this.#heal(this.#failure);
    } catch (cause) {
      return { kind: "failed", cause };
    }
    try {
      await this.#batch(changes);
      return { kind: "saved" };
    } catch (cause) {
      this.#failure = { changes, before: undefined };
      return { kind: "failed", cause };
    }
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /**
   * After a failed write LevelDB's journal may end in the middle of it, and what is written behind that could be lost. So
   * the database is opened anew, which makes a new journal; and where the write is found to be in it, it is undone: its
   * caller has been told that it is not there. Throws as long as the disk does not let us.
   */
  async #heal(failure: Failure): Promise<void> {
    failure.before ??= await this.#valuesOf([...failure.changes.keys()]);
    await this.#db.close();
    this.#db = await openLevel(this.#folder, false);
    const writes = Number(await this.#db.get(WRITES));
    if (writes > this.#writes) {
      this.#writes = writes;
      await this.#batch(failure.before);
    }
    this.#failure = undefined;
  }

  async #valuesOf(keys: string[]): Promise<Changes> {
    const values = await this.#db.getMany(keys);
    return new Map(keys.map((key, index) => [key, values[index]]));
  }

  async #batch(changes: Changes): Promise<void> {
    const batch = this.#db.batch();
    let bytes = 0;
    for (const [key, value] of changes) {
      bytes += key.length + (value === undefined ? 0 : value.length);
      if (value === undefined) batch.del(key);
      else batch.put(key, value);
    }
    await batch.put(WRITES, String(this.#writes + 1)).write({ sync: true });
    this.#writes += 1;
    this.#uncompacted += bytes;
    if (this.#uncompacted >= limits.compactBytes) this.#compact();
  }

  /**
   * Has LevelDB drop what was overwritten or taken away, in a thread of its own. It does so by itself too, but not by when;
   * so its files are bounded, and text that was taken back is gone from them.
   */
  #compact(): void {
    this.#uncompacted = 0;
    this.#db.compactRange("", "\u{10ffff}").catch(() => {}); // a disk that fails shows with the next write
  }
}

async function openLevel(folder: string, createIfMissing: boolean): Promise<ClassicLevel> {
  const db = new ClassicLevel(folder, { createIfMissing, cacheSize: limits.storeCacheBytes });
  await db.open();
  return db;
}

/** LevelDB's own error is the cause of the one that is thrown. */
function causeOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof Error)) return { code: "", message: String(cause) };
  return { code: "code" in cause ? String(cause.code) : "", message: cause.message };
}

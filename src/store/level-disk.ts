import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { limits } from "../limits.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { Changes, Disk, Written } from "./disk.ts";
import { ContentSum, emptyHead, type Head, readHead, writeHead } from "./head.ts";
import { HeadFile } from "./head-file.ts";
import { isWholeTable } from "./table.ts";

/** What became of opening a database. "damaged": it cannot be understood, or part of it is gone. */
export type OpenedDisk =
  | { kind: "open"; disk: LevelDisk }
  | { kind: "locked" }
  | { kind: "damaged"; problem: string }
  | { kind: "failed"; cause: unknown };

/** Where a database is: a folder of its own, and a file beside it. */
export interface DiskPlaces {
  readonly database: string;
  readonly head: string;
}

/** Begins the keys of fingerprints: of the keys that the content was written with. They are not read with it. */
export const FINGERPRINT = "fingerprint/";

/** The first key: the head. */
const HEAD = "\u0000head";
/**
 * The last key: the head again. With both in every batch, whatever file LevelDB makes of batches spans all keys, and none
 * with overwritten text in it is passed over when it compacts.
 */
const END = "\u{10ffff}end";
/** The same for the write that begins a compaction. */
const COMPACTING = ["\u0000compacting", "\u{10ffff}compacting"] as const;
/** Ends the name of a table that LevelDB is not to see. */
const ASIDE = ".aside";
const AFTER_ALL = "\u{10ffff}\u{10ffff}";
/** Where version 0.4 has the number of the last write. */
const FORMER_WRITES = "writes";
/** Keys that are no entries. */
const reserved = new Set<string>([HEAD, END, ...COMPACTING, FORMER_WRITES]);

/** Whether a key is LevelDisk's own, and no entry. */
export const isReserved = (key: string): boolean => reserved.has(key);

/** What has to be done before the next write. */
interface Failure {
  /** The values before a write that failed: LevelDB's journal may have it all the same, and bring it back. */
  readonly before: Changes;
}

/**
 * A Disk of LevelDB. Each write is one batch that is synced, with the head of all that is there then: LevelDB by itself takes
 * a damaged journal for one that ends there, and does not look whether a value is what was written.
 */
export class LevelDisk implements Disk {
  readonly #places: DiskPlaces;
  readonly #headFile: HeadFile;
  readonly #clock: Clock;
  #db: ClassicLevel;
  #head: Head;
  #failure: Failure | undefined;
  /** Settles when nobody uses the database who must have it alone. */
  #turn: Promise<void> = Promise.resolve();
  /** Bytes written since the last compaction. */
  #uncompacted = 0;
  /** The next compaction; undefined while nothing is overwritten or taken away since the last. */
  #compactTimer: Timer | undefined;
  #compacting: "not yet" | "now" | "done" = "not yet";
  /** Something was overwritten that the compaction under way may have passed. */
  #isCompactionDue = false;
  #isClosed = false;

  private constructor(places: DiskPlaces, db: ClassicLevel, headFile: HeadFile, head: Head, clock: Clock) {
    this.#places = places;
    this.#headFile = headFile;
    this.#clock = clock;
    this.#db = db;
    this.#head = head;
  }

  /** Opens the database; creates it where there is none. That all of it is there shows when it is read. */
  static async open(places: DiskPlaces, effects: { clock: Clock; random: Random }): Promise<OpenedDisk> {
    const opened: { close(): Promise<void> }[] = [];
    const result = await openParts(places, effects.random, opened).catch(problemOf);
    if (result.kind === "parts") {
      const { db, headFile, head } = result;
      return { kind: "open", disk: new LevelDisk(places, db, headFile, head, effects.clock) };
    }
    for (const part of opened) await part.close().catch(() => {});
    return result;
  }

  async *read(): AsyncGenerator<readonly [key: string, value: string], void> {
    const release = await this.#takeTurn();
    try {
      const sum = new ContentSum(emptyHead);
      for await (const entry of this.#db.iterator({ fillCache: false })) {
        const [key, value] = entry;
        if (reserved.has(key)) continue;
        sum.add(key, value);
        if (!key.startsWith(FINGERPRINT)) yield entry;
      }
      const problem = difference(sum.headOf(this.#head.writes), this.#head);
      if (problem !== undefined) throw new Error(problem);
    } finally {
      release();
    }
    if (this.#compacting === "not yet") void this.#compact();
  }

  /** What is under each of the keys. Throws where that cannot be read. */
  async get(keys: string[]): Promise<(string | undefined)[]> {
    const release = await this.#takeTurn();
    try {
      return await this.#db.getMany(keys);
    } finally {
      release();
    }
  }

  async write(changes: Changes): Promise<Written> {
    const release = await this.#takeTurn();
    try {
      if (this.#failure !== undefined) await this.#heal(this.#failure);
      await this.#batch(changes);
      return { kind: "saved" };
    } catch (cause) {
      return { kind: "failed", cause };
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#compactTimer?.cancel();
    const release = await this.#takeTurn();
    await this.#db.close();
    await this.#headFile.close();
    release();
  }

  async #takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let release = () => {};
    this.#turn = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }

  /**
   * After a failed write LevelDB's journal may end in the middle of it, and what is written behind that could be lost. So
   * the database is opened anew, which makes a new journal; and where the write is found to be in it, it is undone: its
   * caller has been told that it is not there. Throws as long as the disk does not let us.
   */
  async #heal({ before }: Failure): Promise<void> {
    await this.#reopen();
    const head = await readHeadOf(this.#db, this.#head);
    if (head.writes > this.#head.writes) {
      this.#head = head;
      await this.#batch(before);
    }
    this.#failure = undefined;
  }

  async #batch(changes: Changes): Promise<void> {
    const keys = [...changes.keys()];
    const former = await this.#db.getMany(keys);
    const sum = new ContentSum(this.#head);
    const batch = this.#db.batch();
    let bytes = 0;
    let isOverwriting = false;
    for (const [index, key] of keys.entries()) {
      const [old, value] = [former[index], changes.get(key)];
      if (old !== undefined) {
        sum.remove(key, old);
        isOverwriting = true;
      }
      if (value === undefined) batch.del(key);
      else {
        sum.add(key, value);
        batch.put(key, value);
      }
      bytes += key.length + (value === undefined ? 0 : value.length);
    }
    const head = sum.headOf(this.#head.writes + 1);
    try {
      batch.put(HEAD, writeHead(head)).put(END, writeHead(head)).del(FORMER_WRITES);
      await batch.write({ sync: true });
    } catch (error) {
      this.#failure ??= { before: new Map(keys.map((key, index) => [key, former[index]])) };
      throw error;
    }
    this.#head = head;
    this.#headFile.save(head);
    this.#uncompacted += bytes;
    if (this.#uncompacted >= limits.compactBytes) void this.#compact();
    else if (isOverwriting) this.#compactLater();
  }

  #compactLater(): void {
    this.#compactTimer ??= this.#clock.after(limits.compactAfterMs, () => void this.#compact());
  }

  /**
   * Has LevelDB rewrite its files without what was overwritten or taken away, in a thread of its own. It does so by itself too,
   * but not by when; so its files are bounded, and text that was taken back is gone from them.
   */
  async #compact(): Promise<void> {
    this.#compactTimer?.cancel();
    this.#compactTimer = undefined;
    if (this.#isClosed) return;
    this.#uncompacted = 0;
    this.#isCompactionDue = true;
    if (this.#compacting === "now") return;
    this.#compacting = "now";
    while (this.#isCompactionDue) {
      this.#isCompactionDue = false;
      await this.#rewriteFiles().catch(() => {}); // closed meanwhile, or a disk that fails, which shows with the next write
    }
    this.#compacting = "done";
  }

  async #rewriteFiles(): Promise<void> {
    const db = this.#db;
    await db.compactRange("", ""); // into a file with what is in memory, as it is
    await db.batch(COMPACTING.map((key) => ({ type: "put", key, value: "" })));
    await db.compactRange("", AFTER_ALL);
    await this.#forgetKeys();
  }

  /** LevelDB's list of files and its log name keys, and so people, until it is opened anew. */
  async #forgetKeys(): Promise<void> {
    const release = await this.#takeTurn();
    try {
      if (this.#isClosed || this.#failure !== undefined) return;
      this.#failure = { before: new Map() };
      await this.#reopen();
      this.#failure = undefined;
    } finally {
      release();
    }
  }

  async #reopen(): Promise<void> {
    await this.#db.close();
    for (const name of ["LOG", "LOG.old"]) rmSync(join(this.#places.database, name), { force: true });
    this.#db = await openLevel(this.#places.database, false);
  }
}

/** @param opened gets what has to be closed where it was in vain. */
async function openParts(places: DiskPlaces, random: Random, opened: { close(): Promise<void> }[]) {
  const { database } = places;
  mkdirSync(database, { recursive: true, mode: 0o700 });
  const names = readdirSync(database).filter((name) => name !== "LOCK" && name !== "LOG");
  if (names.length === 0) HeadFile.create(places.head, random);
  const file = await HeadFile.open(places.head);
  if (file.kind === "open") opened.push(file.file);
  if (file.kind === "damaged") return damaged('both halves of the file "head" are damaged');
  const writesAtLeast = file.kind === "missing" ? undefined : file.head.writes;
  // Without journal and tables, a database with nothing in it was made in part.
  const isNew = writesAtLeast === 0 && !names.some((name) => /\.(ldb|log)$/.test(name));
  const db = await openChecked(database, isNew);
  opened.push(db);
  const head = await headOf(db, file);
  if (head.kind === "damaged") return head;
  if (file.kind === "open") return { kind: "parts" as const, db, headFile: file.file, head: head.head };
  HeadFile.create(places.head, random);
  const created = await HeadFile.open(places.head);
  if (created.kind !== "open") return damaged(`the file "head" is ${created.kind}`);
  return { kind: "parts" as const, db, headFile: created.file, head: head.head };
}

/** The head that the database has, unless that cannot be, by the file beside it. */
async function headOf(
  db: ClassicLevel,
  file: { kind: "missing" } | { kind: "open"; head: Head },
): Promise<{ kind: "head"; head: Head } | { kind: "damaged"; problem: string }> {
  const [first, last, former] = await db.getMany([HEAD, END, FORMER_WRITES]);
  if (first === undefined) {
    if (file.kind === "open" && file.head.writes > 0) return damaged("what was in it is gone");
    if (former !== undefined) return { kind: "head", head: { ...(await scan(db)), writes: Number(former) } };
    const isEmpty = (await scan(db)).entries === 0;
    return file.kind === "open" && isEmpty
      ? { kind: "head", head: emptyHead }
      : damaged("what was in it is gone");
  }
  if (file.kind === "missing") return damaged('the file "head" is missing');
  const head = readHead(first);
  if (head === undefined || first !== last) return damaged("its head is not what was written");
  if (head.writes < file.head.writes)
    return damaged(`of ${file.head.writes} writes the last ${file.head.writes - head.writes} are missing`);
  const problem = head.writes === file.head.writes ? difference(head, file.head) : undefined;
  return problem === undefined ? { kind: "head", head } : damaged(problem);
}

async function readHeadOf(db: ClassicLevel, fallback: Head): Promise<Head> {
  const written = await db.get(HEAD);
  return (written === undefined ? undefined : readHead(written)) ?? fallback;
}

/** What is there, in a database that has no head yet. */
async function scan(db: ClassicLevel): Promise<Head> {
  const sum = new ContentSum(emptyHead);
  for await (const [key, value] of db.iterator({ fillCache: false }))
    if (!reserved.has(key)) sum.add(key, value);
  return sum.headOf(0);
}

/** What is wrong with what was found, if anything. */
function difference(found: Head, wanted: Head): string | undefined {
  if (found.entries !== wanted.entries)
    return `it has ${found.entries} entries where ${wanted.entries} were written`;
  return found.checksum === wanted.checksum ? undefined : "its content is not what was written";
}

/**
 * Opens the database without its tables that are damaged: LevelDB opens it if they are of no use to it, as one that was being
 * made when the process was killed, and says that they are missing otherwise.
 */
async function openChecked(folder: string, createIfMissing: boolean): Promise<ClassicLevel> {
  const put = (name: string, other: string) => renameSync(join(folder, name), join(folder, other));
  const names = () => readdirSync(folder);
  // Of a process that was killed here.
  for (const name of names()) if (name.endsWith(ASIDE)) put(name, name.slice(0, -ASIDE.length));
  const tables = names().filter((name) => name.endsWith(".ldb"));
  const damagedTables = tables.filter((name) => !isWholeTable(readFileSync(join(folder, name))));
  for (const name of damagedTables) put(name, `${name}${ASIDE}`);
  try {
    const db = await openLevel(folder, createIfMissing);
    for (const name of damagedTables) rmSync(join(folder, `${name}${ASIDE}`));
    return db;
  } catch (error) {
    for (const name of damagedTables) put(`${name}${ASIDE}`, name);
    throw error;
  }
}

async function openLevel(folder: string, createIfMissing: boolean): Promise<ClassicLevel> {
  const db = new ClassicLevel(folder, { createIfMissing, cacheSize: limits.storeCacheBytes });
  await db.open();
  return db;
}

function damaged(problem: string): { kind: "damaged"; problem: string } {
  return { kind: "damaged", problem };
}

/** LevelDB's own error is the cause of the one that is thrown. */
function problemOf(error: unknown): Exclude<OpenedDisk, { kind: "open" }> {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  if (code === "LEVEL_LOCKED") return { kind: "locked" };
  const isDamaged = code === "LEVEL_CORRUPTION" || /does not exist|No such file/.test(message);
  return isDamaged ? damaged(message) : { kind: "failed", cause: error };
}

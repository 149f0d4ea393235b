import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Random } from "../system/random.ts";
import { createOnce } from "./files.ts";
import { emptyHead, HEAD_BYTES, type Head, readHead, writeHead } from "./head.ts";

/** Where the second slot begins: on a block of its own, so that no torn write takes both. */
const SLOT_OFFSET = 4096;

/** What was found of a head file. */
export type OpenedHead =
  | { kind: "open"; file: HeadFile; head: Head }
  | { kind: "missing" }
  | { kind: "damaged" };

/**
 * The head of a database in a file beside it: how far the database has come at least, so that a tail which was cut off shows.
 * It is written behind each write, with nobody waiting for it; so the database may be ahead of it. In two slots in turn,
 * of which one is whole at any time.
 */
export class HeadFile {
  readonly #file: FileHandle;
  #slot: 0 | 1;
  #wanted: Head | undefined;
  #saving: Promise<void> | undefined;

  private constructor(file: FileHandle, slot: 0 | 1) {
    this.#file = file;
    this.#slot = slot;
  }

  /** Makes the file, for a database that is still to be made. Throws what the file system throws. */
  static create(path: string, random: Random): void {
    createOnce(path, slotText(emptyHead).padEnd(SLOT_OFFSET + HEAD_BYTES), random);
  }

  /** Throws what the file system throws. */
  static async open(path: string): Promise<OpenedHead> {
    const found = findHead(path);
    if (found.kind !== "found") return found;
    const { head, slot } = found;
    return { kind: "open", file: new HeadFile(await open(path, "r+"), slot), head };
  }

  /** Writes it soon, after the one that is being written; of several only the last. */
  save(head: Head): void {
    this.#wanted = head;
    this.#saving ??= this.#saveAll().catch(() => {}); // it stays behind, and the database shows that the disk fails
  }

  /** Settles when all of it is written. */
  async close(): Promise<void> {
    await this.#saving;
    await this.#file.close();
  }

  async #saveAll(): Promise<void> {
    try {
      for (let head = this.#wanted; head !== undefined; head = this.#wanted) {
        this.#wanted = undefined;
        const slot = this.#slot === 0 ? 1 : 0;
        await this.#file.write(slotText(head), slot * SLOT_OFFSET, "latin1");
        await this.#file.datasync();
        this.#slot = slot;
      }
    } finally {
      this.#saving = undefined;
    }
  }
}

function slotText(head: Head): string {
  return writeHead(head).padEnd(HEAD_BYTES);
}

/** Reads the file without opening it for more. Throws what the file system throws. */
export function findHead(
  path: string,
): { kind: "found"; head: Head; slot: 0 | 1 } | { kind: "missing" | "damaged" } {
  const text = textOf(path);
  if (text === undefined) return { kind: "missing" };
  const [first, second] = [0, SLOT_OFFSET].map((at) => readHead(text.slice(at, at + HEAD_BYTES).trimEnd()));
  if (first !== undefined && first.writes >= (second?.writes ?? 0))
    return { kind: "found", head: first, slot: 0 };
  return second === undefined ? { kind: "damaged" } : { kind: "found", head: second, slot: 1 };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

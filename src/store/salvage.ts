import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ByteReader, maskedCrc } from "./leveldb-bytes.ts";
import { type KeyVersion, readTable } from "./table.ts";

/** LevelDB writes its journal in blocks of this size, and a record that is longer in parts. */
const BLOCK_BYTES = 32 * 1024;
/** Of a part: a checksum, its length and which part it is. */
const PART_HEAD_BYTES = 7;
const part = { whole: 1, first: 2, last: 4 } as const;

/**
 * What can be read of a database that is damaged: the newest version of each key in the parts of its files that are as they were
 * written. Changes nothing. It does not know which files LevelDB still used.
 */
export function salvage(folder: string): Map<string, string> {
  const newest = new Map<string, KeyVersion>();
  for (const name of readdirSync(folder)) {
    for (const version of versionsIn(join(folder, name))) {
      if (version.number >= (newest.get(version.key)?.number ?? 0n)) newest.set(version.key, version);
    }
  }
  const entries = new Map<string, string>();
  for (const { key, value } of newest.values()) if (value !== undefined) entries.set(key, value);
  return entries;
}

function versionsIn(path: string): KeyVersion[] {
  if (path.endsWith(".ldb")) return readTable(readFileSync(path));
  if (path.endsWith(".log")) return [...recordsIn(readFileSync(path))].flatMap(readBatch);
  return [];
}

/** The records of a journal that are whole. */
function* recordsIn(journal: Buffer): Generator<Buffer, void> {
  let parts: Buffer[] = [];
  for (let start = 0; start < journal.length; start += BLOCK_BYTES) {
    const block = journal.subarray(start, start + BLOCK_BYTES);
    for (let at = 0; at + PART_HEAD_BYTES <= block.length; ) {
      const end = at + PART_HEAD_BYTES + block.readUInt16LE(at + 4);
      const kind = block[at + 6];
      const isWhole =
        end <= block.length && block.readUInt32LE(at) === maskedCrc(block.subarray(at + 6, end));
      if (!isWhole || kind === 0) {
        parts = []; // the length may be damaged: what follows is found again in the next block
        break;
      }
      if (kind === part.whole || kind === part.first) parts = [];
      else if (parts.length === 0) {
        at = end;
        continue; // its first part is gone
      }
      parts.push(block.subarray(at + PART_HEAD_BYTES, end));
      if (kind === part.whole || kind === part.last) {
        yield Buffer.concat(parts);
        parts = [];
      }
      at = end;
    }
  }
}

/** A record is a batch: the number of its first change, how many there are, and the changes. */
function readBatch(record: Buffer): KeyVersion[] {
  const reader = new ByteReader(record.subarray(12));
  const first = record.readBigUInt64LE(0);
  const changes = record.readUInt32LE(8);
  return Array.from({ length: changes }, (_, index) => {
    const isPut = reader.byte() === 1;
    const key = reader.take(reader.varint()).toString();
    const value = isPut ? reader.take(reader.varint()).toString() : undefined;
    return { key, number: first + BigInt(index), value };
  });
}

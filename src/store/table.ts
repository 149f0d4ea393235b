import { type BlockHandle, ByteReader, maskedCrc } from "./leveldb-bytes.ts";

/** Footer: two handles, padding, and the magic number. */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** How a block is compressed, as the byte behind it says; behind that is a checksum of both. */
const SNAPPY = 1;

/**
 * Whether a table of LevelDB (an .ldb file) has each of its blocks as it was written. LevelDB has a checksum for each, but
 * classic-level has no option to have it looked at, and a block that is damaged ends the process.
 */
export function isWholeTable(table: Buffer): boolean {
  try {
    checkTable(table);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** One version of a key; undefined: it was taken away. The higher number is the newer. */
export interface KeyVersion {
  readonly key: string;
  readonly number: bigint;
  readonly value: string | undefined;
}

/** All versions in the blocks of a table that are as they were written. */
export function readTable(table: Buffer): KeyVersion[] {
  try {
    const [, index] = footerOf(table);
    return [...handlesIn(contentsOf(table, index))].flatMap((handle) => versionsIn(table, handle));
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function versionsIn(table: Buffer, handle: BlockHandle): KeyVersion[] {
  try {
    return [...recordsIn(contentsOf(table, handle))].map(([internalKey, value]) => {
      const key = internalKey.toString("utf8", 0, internalKey.length - 8);
      const tag = internalKey.readBigUInt64LE(internalKey.length - 8);
      return { key, number: tag >> 8n, value: (tag & 255n) === 1n ? value.toString() : undefined };
    });
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Throws a RangeError where it is damaged. */
function checkTable(table: Buffer): void {
  const [metaIndex, index] = footerOf(table);
  for (const block of [metaIndex, index])
    for (const handle of handlesIn(contentsOf(table, block))) checkBlock(table, handle);
}

function footerOf(table: Buffer): [metaIndex: BlockHandle, index: BlockHandle] {
  if (table.readBigUInt64LE(table.length - 8) !== MAGIC) throw new RangeError("no table");
  const footer = new ByteReader(table.subarray(Math.max(0, table.length - FOOTER_BYTES)));
  return [footer.handle(), footer.handle()];
}

/** Where the blocks are, by an index block; its keys are of no interest. */
function* handlesIn(block: Buffer): Generator<BlockHandle, void> {
  for (const [, value] of recordsIn(block)) yield new ByteReader(value).handle();
}

/** What is in a block, in the order of the keys. */
function* recordsIn(block: Buffer): Generator<[key: Buffer, value: Buffer], void> {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  const reader = new ByteReader(block.subarray(0, end));
  let key: Buffer = Buffer.alloc(0);
  while (reader.at < end) {
    const shared = reader.varint();
    const keyBytes = reader.varint();
    const valueBytes = reader.varint();
    key = Buffer.concat([key.subarray(0, shared), reader.take(keyBytes)]);
    yield [key, reader.take(valueBytes)];
  }
}

function checkBlock(table: Buffer, { offset, size }: BlockHandle): void {
  const checked = table.subarray(offset, offset + size + 1);
  if (table.readUInt32LE(offset + size + 1) !== maskedCrc(checked))
    throw new RangeError("a block is damaged");
}

function contentsOf(table: Buffer, handle: BlockHandle): Buffer {
  checkBlock(table, handle);
  const { offset, size } = handle;
  const block = table.subarray(offset, offset + size);
  return table[offset + size] === SNAPPY ? unsnapped(block) : block;
}

/** Snappy's format: literals, and copies of what was written before. */
function unsnapped(block: Buffer): Buffer {
  const reader = new ByteReader(block);
  const out = Buffer.alloc(reader.varint());
  let written = 0;
  while (reader.at < block.length) {
    const tag = reader.byte();
    if ((tag & 3) === 0) {
      const short = tag >>> 2;
      const length = 1 + (short < 60 ? short : reader.uint(short - 59));
      written += reader.take(length).copy(out, written);
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
    const back = isShort ? ((tag >>> 5) << 8) | reader.byte() : reader.uint((tag & 3) === 2 ? 2 : 4);
    for (let n = 0; n < length; n += 1, written += 1) out.writeUInt8(out.readUInt8(written - back), written);
  }
  return out;
}

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

/** Throws a RangeError where it is damaged. */
function checkTable(table: Buffer): void {
  const footer = new Reader(table.subarray(Math.max(0, table.length - FOOTER_BYTES)));
  if (table.readBigUInt64LE(table.length - 8) !== MAGIC) throw new RangeError("no table");
  const [metaIndex, index] = [footer.handle(), footer.handle()];
  for (const block of [metaIndex, index])
    for (const handle of handlesIn(contentsOf(table, block))) checkBlock(table, handle);
}

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** The values of an index block, whose keys are of no interest here. */
function* handlesIn(block: Buffer): Generator<BlockHandle, void> {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  const reader = new Reader(block.subarray(0, end));
  while (reader.at < end) {
    reader.varint(); // bytes that the key shares with the one before
    const keyBytes = reader.varint();
    const valueBytes = reader.varint();
    reader.skip(keyBytes);
    const value = new Reader(reader.take(valueBytes));
    yield value.handle();
  }
}

function checkBlock(table: Buffer, { offset, size }: BlockHandle): void {
  const checked = table.subarray(offset, offset + size + 1);
  const crc = crc32c(checked);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  if (table.readUInt32LE(offset + size + 1) !== masked) throw new RangeError("a block is damaged");
}

function contentsOf(table: Buffer, handle: BlockHandle): Buffer {
  checkBlock(table, handle);
  const { offset, size } = handle;
  const block = table.subarray(offset, offset + size);
  return table[offset + size] === SNAPPY ? unsnapped(block) : block;
}

/** Snappy's format: literals, and copies of what was written before. */
function unsnapped(block: Buffer): Buffer {
  const reader = new Reader(block);
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

/** Reads one thing after the other. Throws a RangeError at the end. */
class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.at++);
  }

  uint(bytes: number): number {
    this.at += bytes;
    return this.#bytes.readUIntLE(this.at - bytes, bytes);
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError("no number");
  }

  handle(): BlockHandle {
    return { offset: this.varint(), size: this.varint() };
  }

  take(bytes: number): Buffer {
    this.skip(bytes);
    return this.#bytes.subarray(this.at - bytes, this.at);
  }

  skip(bytes: number): void {
    this.at += bytes;
    if (this.at > this.#bytes.length) throw new RangeError("ends too early");
  }
}

/** Castagnoli's polynomial, by byte. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}

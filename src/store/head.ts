import { hash } from "node:crypto";

/** What a database has to have: written along with each write, so that what is gone without a word shows. */
export interface Head {
  /** The number of the write that it was written with. */
  readonly writes: number;
  readonly entries: number;
  /** Of all entries, whatever their order, in hexadecimal. */
  readonly checksum: string;
}

/** The head of a database with nothing in it. */
export const emptyHead: Head = { writes: 0, entries: 0, checksum: "0".repeat(32) };

/**
 * Counts entries and adds them to a checksum, in any order: what is added twice is gone again, so an entry is taken out by the
 * same sum that puts it in. It finds damage; who can write the files can forge it.
 */
export class ContentSum {
  readonly #words = new Uint32Array(4);
  #entries: number;

  constructor({ entries, checksum }: Head) {
    this.#entries = entries;
    for (const index of this.#words.keys())
      this.#words[index] = Number.parseInt(checksum.slice(8 * index, 8 * index + 8), 16);
  }

  add(key: string, value: string): void {
    this.#entries += 1;
    this.#mix(key, value);
  }

  remove(key: string, value: string): void {
    this.#entries -= 1;
    this.#mix(key, value);
  }

  headOf(writes: number): Head {
    const checksum = Buffer.from(this.#words.buffer).swap32().toString("hex");
    return { writes, entries: this.#entries, checksum };
  }

  #mix(key: string, value: string): void {
    const digest = hash("sha1", `${key.length} ${key}${value}`, "buffer");
    for (const [index, word] of this.#words.entries())
      this.#words[index] = word ^ digest.readUInt32BE(4 * index);
  }
}

/** Bytes that `writeHead` takes at most. */
export const HEAD_BYTES = 128;

/** A head as text that tells whether it is whole. */
export function writeHead({ writes, entries, checksum }: Head): string {
  const text = `${writes} ${entries} ${checksum}`;
  return `${text} ${checkOf(text)}`;
}

/** Undefined where it is not whole. */
export function readHead(written: string): Head | undefined {
  const [, text = "", writes, entries, checksum = "", check] =
    /^((\d{1,16}) (\d{1,16}) ([0-9a-f]{32})) ([0-9a-f]{8})$/.exec(written) ?? [];
  if (check !== checkOf(text)) return undefined;
  return { writes: Number(writes), entries: Number(entries), checksum };
}

function checkOf(text: string): string {
  return hash("sha1", text).slice(0, 8);
}

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
export const emptyHead: Head = { writes: 0, entries: 0, checksum: "0".repeat(16) };

/**
 * Counts entries and adds them to a checksum, in any order: what is added twice is gone again, so an entry is taken out by the
 * same sum that puts it in. It finds damage; who can write the files can forge it.
 */
export class ContentSum {
  #entries: number;
  #high: number;
  #low: number;

  constructor({ entries, checksum }: Head) {
    this.#entries = entries;
    this.#high = Number.parseInt(checksum.slice(0, 8), 16);
    this.#low = Number.parseInt(checksum.slice(8), 16);
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
    const checksum = [this.#high, this.#low]
      .map((word) => (word >>> 0).toString(16).padStart(8, "0"))
      .join("");
    return { writes, entries: this.#entries, checksum };
  }

  /** Two multiplicative hashes, as in MurmurHash: no more has to be done here than to tell texts apart, and it is done for each write. */
  #mix(key: string, value: string): void {
    let high = 0x9747b28c;
    let low = 0x3c6ef372;
    for (const text of [key, value]) {
      high = Math.imul(high ^ text.length, 0x85ebca6b);
      low = Math.imul(low ^ text.length, 0xc2b2ae35);
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        const unit = (code & 0xf800) === 0xd800 ? 0xfffd : code; // a lone half of a character is read back as that
        high = Math.imul(high ^ unit, 0x85ebca6b);
        low = Math.imul(low ^ unit, 0xc2b2ae35);
        high ^= high >>> 15;
        low ^= low >>> 13;
      }
    }
    high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
    low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
    this.#high ^= high;
    this.#low ^= low;
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
    /^((\d{1,16}) (\d{1,16}) ([0-9a-f]{16})) ([0-9a-f]{8})$/.exec(written) ?? [];
  if (check !== checkOf(text)) return undefined;
  return { writes: Number(writes), entries: Number(entries), checksum };
}

function checkOf(text: string): string {
  return hash("sha1", text).slice(0, 8);
}

import type { Pool } from "../channel/pool.ts";
import { limits } from "../limits.ts";
import type { User } from "./user.ts";

/** What one holds beside its key: its place in the map; measured, rounded up. */
const NONCE_BYTES = 128;

/**
 * What a room has accepted lately, by the nonce its sender gave it: so that what is sent again after a lost connection is not
 * posted twice. Over `limits.nonces` the oldest is forgotten; being asked for again makes none younger.
 */
export class Nonces {
  readonly #accepted = new Map<string, number>();
  readonly #pool: Pool;
  #bytes = 0;

  /** @param pool counts what they hold. */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#accepted.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number under which it is in the log; undefined where the room does not know it. */
  get(user: User, nonce: string): number | undefined {
    return this.#accepted.get(keyOf(user, nonce));
  }

  /** Remembers one that was not known. */
  add(user: User, nonce: string, seq: number): void {
    this.keep(limits.nonces - 1);
    const key = keyOf(user, nonce);
    this.#accepted.set(key, seq);
    this.#count(bytesOf(key));
  }

  /** Forgets the oldest, until there are at most so many. */
  keep(max: number): void {
    for (const oldest of this.#accepted.keys()) {
      if (this.#accepted.size <= max) break;
      this.#accepted.delete(oldest);
      this.#count(-bytesOf(oldest));
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#pool.add(0, bytes);
  }
}

/** A user's key has no line break in it, so no two users share one of these. */
function keyOf(user: User, nonce: string): string {
  return `${user.key}\n${nonce}`;
}

/** A string holds up to 2 bytes a character. */
function bytesOf(key: string): number {
  return NONCE_BYTES + 2 * key.length;
}

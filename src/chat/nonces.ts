import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { NameKey, User } from "./user.ts";

/** What was accepted under which nonce of whom. */
export interface Accepted {
  readonly key: NameKey;
  readonly nonce: string;
  /** Its number in the log. */
  readonly seq: number;
}

/** What one holds beside its key, which is there twice: its objects and its place in the map; estimated. */
const NONCE_BYTES = 192;

/**
 * What a room has accepted lately, by the nonce its sender gave it: so that what is sent again after a lost connection is not
 * posted twice. New ones are known at once, as a draft that is kept or dropped. Over `limits.nonces` the oldest is
 * forgotten; being asked for again makes none younger.
 */
export class Nonces {
  readonly #accepted = new Map<string, Accepted>();
  /** Of these, the newest. */
  #draft: Accepted[] = [];
  /** Numbers of those that were forgotten, for `keep`. */
  #forgotten: number[] = [];
  #pool: ByteBudget | undefined;
  #bytes = 0;

  /** @param pool counts what they hold. @param accepted in the order in which they were. */
  constructor(pool: ByteBudget, accepted: readonly Accepted[] = []) {
    this.#pool = pool;
    for (const one of accepted) this.#remember(one);
  }

  /** What they hold, in the pool. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#accepted.size;
  }

  get draft(): readonly Accepted[] {
    return this.#draft;
  }

  /** The numbers in the log of all that are known. */
  *seqs(): Generator<number, void> {
    for (const { seq } of this.#accepted.values()) yield seq;
  }

  /** The number under which it is in the log, or will be; undefined where the room does not know it. */
  get({ key }: User, nonce: string): number | undefined {
    return this.#accepted.get(keyOf(key, nonce))?.seq;
  }

  /** Drafts one that was not known. */
  add({ key }: User, nonce: string, seq: number): void {
    const accepted = { key, nonce, seq };
    this.#remember(accepted);
    this.#draft.push(accepted);
  }

  /** Keeps the draft. Returns the numbers of those that are forgotten for it. */
  keep(): readonly number[] {
    this.#draft = [];
    this.#forgetDownTo(limits.nonces);
    return this.#forgotten.splice(0);
  }

  /** Forgets a quarter, the oldest; `keep` returns them. */
  shed(): void {
    this.#forgetDownTo(Math.ceil(0.75 * this.#accepted.size));
  }

  /** Counts in the pool no more. */
  leavePool(): void {
    this.#pool?.add(0, -this.#bytes);
    this.#pool = undefined;
  }

  /** Forgets the draft: what has failed may be sent again. */
  drop(): void {
    for (const accepted of this.#draft) this.#forget(accepted);
    this.#draft = [];
  }

  #forgetDownTo(max: number): void {
    for (const accepted of this.#accepted.values()) {
      if (this.#accepted.size <= max) break;
      this.#forget(accepted);
      this.#forgotten.push(accepted.seq);
    }
  }

  #remember(accepted: Accepted): void {
    this.#accepted.set(keyOf(accepted.key, accepted.nonce), accepted);
    this.#count(bytesOf(accepted));
  }

  #forget(accepted: Accepted): void {
    if (this.#accepted.delete(keyOf(accepted.key, accepted.nonce))) this.#count(-bytesOf(accepted));
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#pool?.add(0, bytes);
  }
}

/** A user's key has no line break in it, so no two users share one of these. */
function keyOf(key: NameKey, nonce: string): string {
  return `${key}\n${nonce}`;
}

/** A string holds up to 2 bytes a character. */
function bytesOf({ key, nonce }: Accepted): number {
  return NONCE_BYTES + 4 * (key.length + nonce.length);
}

import { limits } from "../limits.ts";
import type { NameKey, User } from "./user.ts";

/** What was accepted under which nonce of whom. */
export interface Accepted {
  readonly key: NameKey;
  readonly nonce: string;
  /** Its number in the log. */
  readonly seq: number;
}

/**
 * What a room has accepted lately, by the nonce its sender gave it: so that what is sent again after a lost connection is not
 * posted twice. New ones are known at once, as a draft that is kept or dropped. Over `limits.nonces` the oldest is
 * forgotten; being asked for again makes none younger.
 */
export class Nonces {
  readonly #accepted = new Map<string, Accepted>();
  /** Of these, the newest. */
  #draft: Accepted[] = [];

  /** @param accepted in the order in which they were. */
  constructor(accepted: readonly Accepted[] = []) {
    for (const one of accepted) this.#accepted.set(keyOf(one.key, one.nonce), one);
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
    this.#accepted.set(keyOf(key, nonce), accepted);
    this.#draft.push(accepted);
  }

  /** Keeps the draft. Returns the numbers of those that are forgotten for it. */
  keep(): readonly number[] {
    if (this.#draft.length === 0) return [];
    this.#draft = [];
    const forgotten: number[] = [];
    for (const [key, { seq }] of this.#accepted) {
      if (this.#accepted.size <= limits.nonces) break;
      this.#accepted.delete(key);
      forgotten.push(seq);
    }
    return forgotten;
  }

  /** Forgets the draft: what has failed may be sent again. */
  drop(): void {
    for (const { key, nonce } of this.#draft) this.#accepted.delete(keyOf(key, nonce));
    this.#draft = [];
  }
}

/** A user's key has no line break in it, so no two users share one of these. */
function keyOf(key: NameKey, nonce: string): string {
  return `${key}\n${nonce}`;
}

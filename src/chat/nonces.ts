import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Accepted } from "./rules.ts";
import type { NameKey } from "./user.ts";

/** What one nonce holds beside its key, which is there twice: its objects and its place in the map; estimated. */
const NONCE_BYTES = 192;

interface Remembered extends Accepted {
  /** As how many-th it was accepted. */
  readonly ordinal: number;
}

/**
 * The idempotency keys of a room: what it has accepted lately, by the nonce its sender gave it, so that what is sent again
 * after a lost connection is not posted twice. The newest `limits.nonces` are known; being asked for again makes none
 * younger. New ones are known at once, as a draft that is kept or dropped; what they push out goes when they are kept.
 */
export class Nonces {
  /** In the order in which they were accepted. */
  readonly #remembered = new Map<string, Remembered>();
  /** Of these, the newest. */
  #draft: Remembered[] = [];
  /** Numbers of those that were forgotten, for `takeForgotten`. */
  #forgotten: number[] = [];
  /** How many were ever accepted. */
  #total = 0;
  #budget: ByteBudget | undefined;
  #bytes = 0;

  /** @param budget counts what they hold. @param accepted in the order in which they were. */
  constructor(budget: ByteBudget, accepted: readonly Accepted[] = []) {
    this.#budget = budget;
    for (const one of accepted) this.#remember(one);
  }

  /** What they hold, in the budget. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#remembered.size;
  }

  /** The number under which it is in the log, or will be; undefined where the room does not know it. */
  get(key: NameKey, nonce: string): number | undefined {
    const remembered = this.#remembered.get(keyOf(key, nonce));
    return remembered && remembered.ordinal > this.#total - limits.nonces ? remembered.seq : undefined;
  }

  /** Drafts one that was not known. */
  add(accepted: Accepted): void {
    this.#draft.push(this.#remember(accepted));
  }

  /** Keeps the draft, and forgets what is over the limit. */
  keep(): void {
    this.#draft = [];
    this.#forgetDownTo(limits.nonces);
  }

  /** Drops the draft: what has failed may be sent again. */
  drop(): void {
    for (const accepted of this.#draft) this.#forget(accepted);
    this.#total -= this.#draft.length;
    this.#draft = [];
  }

  /** Forgets a quarter, the oldest. */
  shed(): void {
    this.#forgetDownTo(Math.ceil(0.75 * this.#remembered.size));
  }

  /** The numbers in the log of those that were forgotten since the last call. */
  takeForgotten(): readonly number[] {
    return this.#forgotten.splice(0);
  }

  /** The numbers in the log of all that are known. */
  *seqs(): Generator<number, void> {
    for (const { seq } of this.#remembered.values()) yield seq;
  }

  /** Counts in the budget no more. */
  leaveBudget(): void {
    this.#budget?.add(0, -this.#bytes);
    this.#budget = undefined;
  }

  #forgetDownTo(max: number): void {
    for (const accepted of this.#remembered.values()) {
      if (this.#remembered.size <= max) break;
      this.#forgetForGood(accepted);
    }
  }

  #forgetForGood(accepted: Accepted): void {
    this.#forget(accepted);
    this.#forgotten.push(accepted.seq);
  }

  #remember(accepted: Accepted): Remembered {
    const key = keyOf(accepted.key, accepted.nonce);
    const outdated = this.#remembered.get(key);
    if (outdated) this.#forgetForGood(outdated);
    this.#total += 1;
    const remembered = { ...accepted, ordinal: this.#total };
    this.#remembered.set(key, remembered);
    this.#count(bytesOf(accepted));
    return remembered;
  }

  #forget({ key, nonce }: Accepted): void {
    if (this.#remembered.delete(keyOf(key, nonce))) this.#count(-bytesOf({ key, nonce }));
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget?.add(0, bytes);
  }
}

/** A user's key has no line break in it, so no two users share one of these. */
function keyOf(key: NameKey, nonce: string): string {
  return `${key}\n${nonce}`;
}

/** A string holds up to 2 bytes a character. */
function bytesOf({ key, nonce }: Pick<Accepted, "key" | "nonce">): number {
  return NONCE_BYTES + 4 * (key.length + nonce.length);
}

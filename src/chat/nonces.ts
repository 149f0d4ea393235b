import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { PersonId } from "../people/user.ts";
import type { Accepted } from "./rules.ts";

/** What one nonce holds beside its key, which is there twice: its objects and its place in the map; estimated. */
const NONCE_BYTES = 192;

/**
 * The idempotency keys of a room: what it has accepted lately, by the nonce its sender gave it, so that what is sent again
 * after a lost connection is not posted twice. The newest `limits.nonces` are known; being asked for again makes none
 * younger. New ones are known at once, as a draft that is kept or dropped.
 */
export class Nonces {
  /** In the order in which they were accepted. */
  #known = new Map<string, Accepted>();
  /** Of these, the newest. */
  #draft: Accepted[] = [];
  /** What the draft has pushed out. */
  #displaced: Accepted[] = [];
  /** Numbers of those that were forgotten, for `takeForgotten`. */
  #forgotten: number[] = [];
  #budget: ByteBudget | undefined;
  #bytes = 0;

  /** @param budget counts what they hold. @param accepted in the order in which they were. */
  constructor(budget: ByteBudget, accepted: readonly Accepted[] = []) {
    this.#budget = budget;
    for (const one of accepted) this.#remember(one);
  }

  /** Bytes that they hold in the budget. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#known.size;
  }

  /** The number that was given to it in the log; undefined where the nonce is not known. */
  get(person: PersonId, nonce: string): number | undefined {
    return this.#known.get(keyOf(person, nonce))?.seq;
  }

  /** Drafts one that was not known. */
  add(accepted: Accepted): void {
    this.#remember(accepted);
    this.#draft.push(accepted);
    this.#moveOldest(limits.nonces, this.#displaced);
  }

  /** Keeps the draft. */
  keep(): void {
    this.#draft = [];
    for (const { seq } of this.#displaced.splice(0)) this.#forgotten.push(seq);
  }

  /** Drops the draft: what has failed may be sent again, and what it had pushed out is known as before. */
  drop(): void {
    for (const accepted of this.#draft) this.#forget(accepted);
    this.#draft = [];
    const newer = this.#known;
    this.#known = new Map();
    for (const accepted of this.#displaced.splice(0)) this.#remember(accepted);
    for (const [key, accepted] of newer) this.#known.set(key, accepted);
  }

  /** Forgets a quarter, the oldest. */
  shed(): void {
    const oldest: Accepted[] = [];
    this.#moveOldest(Math.ceil(0.75 * this.#known.size), oldest);
    for (const { seq } of oldest) this.#forgotten.push(seq);
  }

  /** The numbers in the log of those that were forgotten since the last call. */
  takeForgotten(): readonly number[] {
    return this.#forgotten.splice(0);
  }

  /** The numbers in the log of all that are known. */
  *seqs(): Generator<number, void> {
    for (const { seq } of this.#known.values()) yield seq;
  }

  /** Stops counting in the budget. */
  leaveBudget(): void {
    this.#budget?.add(0, -this.#bytes);
    this.#budget = undefined;
  }

  /** Takes out the oldest until no more than `max` are known. */
  #moveOldest(max: number, to: Accepted[]): void {
    if (this.#known.size <= max) return;
    for (const accepted of this.#known.values()) {
      this.#forget(accepted);
      to.push(accepted);
      if (this.#known.size <= max) return;
    }
  }

  #remember(accepted: Accepted): void {
    this.#known.set(keyOf(accepted.person, accepted.nonce), accepted);
    this.#count(bytesOf(accepted));
  }

  #forget(accepted: Accepted): void {
    if (this.#known.delete(keyOf(accepted.person, accepted.nonce))) this.#count(-bytesOf(accepted));
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget?.add(0, bytes);
  }
}

/** An id has no line break in it, so no two people share one of these. */
function keyOf(person: PersonId, nonce: string): string {
  return `${person}\n${nonce}`;
}

/** A string holds up to 2 bytes a character. */
function bytesOf({ person, nonce }: Accepted): number {
  return NONCE_BYTES + 4 * (person.length + nonce.length);
}

import { limits } from "../limits.ts";
import type { User } from "./user.ts";

/**
 * What a room has accepted lately, by the nonce its sender gave it: so that what is sent again after a lost connection is not
 * posted twice. Over `limits.nonces` the oldest is forgotten; being asked for again makes none younger.
 */
export class Nonces {
  readonly #accepted = new Map<string, number>();

  get size(): number {
    return this.#accepted.size;
  }

  /** The number under which it is in the log; undefined where the room does not know it. */
  get(user: User, nonce: string): number | undefined {
    return this.#accepted.get(keyOf(user, nonce));
  }

  /** Remembers one that was not known. */
  add(user: User, nonce: string, seq: number): void {
    for (const oldest of this.#accepted.keys()) {
      if (this.#accepted.size < limits.nonces) break;
      this.#accepted.delete(oldest);
    }
    this.#accepted.set(keyOf(user, nonce), seq);
  }
}

/** A user's key has no line break in it, so no two users share one of these. */
function keyOf(user: User, nonce: string): string {
  return `${user.key}\n${nonce}`;
}

import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { RoomRecord } from "./room-record.ts";
import type { NameKey, User } from "./user.ts";

/** Whom a private room lets in without an invitation. At `limits.guestsPerRoom` the one let in longest ago needs one again. */
export class Guests {
  readonly #keys: Set<NameKey>;
  readonly #record: RoomRecord;
  readonly #pool: ByteBudget;

  /** @param pool counts what they hold, until `leavePool`. @param keys in the order in which they were let in. */
  constructor(pool: ByteBudget, keys: readonly NameKey[], record: RoomRecord) {
    this.#pool = pool;
    this.#keys = new Set(keys);
    this.#record = record;
    for (const key of keys) pool.add(0, bytesOf(key));
  }

  /** The room has ended. */
  leavePool(): void {
    for (const key of this.#keys) this.#pool.add(0, -bytesOf(key));
  }

  has({ key }: User): boolean {
    return this.#keys.has(key);
  }

  values(): Iterable<NameKey> {
    return this.#keys.values();
  }

  add({ key }: User): void {
    if (this.#keys.has(key)) return;
    for (const oldest of this.#keys) {
      if (this.#keys.size < limits.guestsPerRoom) break;
      this.#keys.delete(oldest);
      this.#pool.add(0, -bytesOf(oldest));
      this.#record.letInNoMore(oldest);
    }
    this.#keys.add(key);
    this.#pool.add(0, bytesOf(key));
    this.#record.letIn(key);
  }
}

/** A place in a set, estimated, and 2 bytes a character. */
function bytesOf(key: NameKey): number {
  return 64 + 2 * key.length;
}

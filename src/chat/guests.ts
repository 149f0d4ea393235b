import { limits } from "../limits.ts";
import type { RoomRecord } from "./room-record.ts";
import type { NameKey, User } from "./user.ts";

/** Whom a private room lets in without an invitation. At `limits.guestsPerRoom` the one let in longest ago needs one again. */
export class Guests {
  readonly #keys: Set<NameKey>;
  readonly #record: RoomRecord;

  /** @param keys in the order in which they were let in. */
  constructor(keys: readonly NameKey[], record: RoomRecord) {
    this.#keys = new Set(keys);
    this.#record = record;
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
      this.#record.letInNoMore(oldest);
    }
    this.#keys.add(key);
    this.#record.letIn(key);
  }
}

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Room } from "../chat/room.ts";
import { limits } from "../limits.ts";
import { deriveKey } from "../login/keys.ts";
import type { Clock } from "../system/clock.ts";

/** What tells a room from one of the same name before or after it. */
type RoomIdentity = Pick<Room, "name" | "epoch">;

/**
 * Makes and checks invitations to private rooms. An invitation is signed and kept nowhere: `expiry.mac`, bound to the room as
 * it is now, so that one of the same name later is another.
 */
export class Invitations {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(secret: Uint8Array, clock: Clock) {
    this.#key = deriveKey(secret, "invite");
    this.#clock = clock;
  }

  /** An invitation to the room, good for `limits.inviteValidMs`. */
  make(room: RoomIdentity): { text: string; expiresAtMs: number } {
    const expiresAtMs = this.#clock.now() + limits.inviteValidMs;
    return { text: `${expiresAtMs}.${this.#mac(room, expiresAtMs)}`, expiresAtMs };
  }

  /** Whether the text is an invitation to the room that is still good, or was good once; "other": to none, or to one of its name before or after it. */
  check(room: RoomIdentity, text: string): "good" | "expired" | "other" {
    const [expiry = "", mac = ""] = text.split(".", 2);
    const expiresAtMs = Number(expiry);
    const expected = Buffer.from(this.#mac(room, expiresAtMs));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "other";
    return this.#clock.now() < expiresAtMs ? "good" : "expired";
  }

  #mac({ name, epoch }: RoomIdentity, expiresAtMs: number): string {
    return createHmac("sha256", this.#key).update(`${name}\n${epoch}\n${expiresAtMs}`).digest("base64url");
  }
}

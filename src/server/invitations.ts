import { createHmac, timingSafeEqual } from "node:crypto";
import type { Room } from "../chat/room.ts";
import type { Invitation } from "../chat/room-commands.ts";
import { limits } from "../limits.ts";
import { deriveKey } from "../login/keys.ts";
import type { Clock } from "../system/clock.ts";
import type { Random } from "../system/random.ts";

/** What tells a room from one of the same name before or after it. */
type RoomIdentity = Pick<Room, "name" | "epoch">;

type Inviting = RoomIdentity & Pick<Room, "invitationsVoidToMs">;

/** Enough that no two are drawn alike; nobody gains by guessing one. */
const ID_BYTES = 6;

/**
 * Makes and checks invitations to private rooms. An invitation is signed and kept nowhere: `expiry.uses.id.mac`, bound to the
 * room as it is now, so that one of the same name later is another. The room knows whom it has let in by which, and up to when
 * they are void.
 */
export class Invitations {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(secret: Uint8Array, { clock, random }: { clock: Clock; random: Random }) {
    this.#key = deriveKey(secret, "invite");
    this.#clock = clock;
    this.#random = random;
  }

  /** An invitation to the room for so many people, good for `limits.inviteValidMs`. */
  make(room: Inviting, uses: number): { text: string; expiresAtMs: number } {
    const madeAtMs = Math.max(this.#clock.now(), room.invitationsVoidToMs + 1); // the clock may have been set back
    const expiresAtMs = madeAtMs + limits.inviteValidMs;
    const id = Buffer.from(this.#random(ID_BYTES)).toString("base64url");
    const signed = `${expiresAtMs}.${uses}.${id}`;
    return { text: `${signed}.${this.#mac(room, signed)}`, expiresAtMs };
  }

  /** The invitation to the room that the text is; "other": to none, or to one of its name before or after it. */
  check(room: RoomIdentity, text: string): Invitation | "expired" | "other" {
    const [expiry = "", uses = "", id = "", mac = ""] = text.split(".", 4);
    const expected = Buffer.from(this.#mac(room, `${expiry}.${uses}.${id}`));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "other";
    const expiresAtMs = Number(expiry);
    if (this.#clock.now() >= expiresAtMs) return "expired";
    return { id, uses: Number(uses), madeAtMs: expiresAtMs - limits.inviteValidMs };
  }

  #mac({ name, epoch }: RoomIdentity, signed: string): string {
    return createHmac("sha256", this.#key).update(`${name}\n${epoch}\n${signed}`).digest("base64url");
  }
}

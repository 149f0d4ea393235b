/** How rooms are written down: the keys and the values of a store. Another way needs another format number. */
import * as v from "valibot";
import type { Writing } from "../journal/disk.ts";
import { parsed, personId } from "../people/records.ts";
import type { NameKey, PersonId, User } from "../people/user.ts";
import type { Random } from "../system/random.ts";
import type { RoomMessage } from "./message.ts";
import type { RoomFacts, Upkeep } from "./room-state.ts";
import type { Guest } from "./roster.ts";
import type { Accepted, Effect } from "./rules.ts";

/** What is written under one key. A room's things are under its epoch, for there may be another room of its name later. */
export type RoomEntry =
  | { kind: "room"; epoch: string; room: RoomFacts }
  | { kind: "line"; epoch: string; message: RoomMessage }
  | { kind: "nonce"; epoch: string; accepted: Accepted }
  | { kind: "person"; epoch: string; user: User }
  | ({ kind: "guest"; epoch: string } & Guest)
  | { kind: "invitations-void"; epoch: string; toMs: number };

/** What identifies an entry. An epoch has no "/" in it. */
const keys = {
  room: (epoch: string) => `room/${epoch}`,
  line: (epoch: string, seq: number) => `line/${epoch}/${digits(seq)}`,
  nonce: (epoch: string, seq: number) => `nonce/${epoch}/${digits(seq)}`,
  person: (epoch: string, key: NameKey) => `person/${epoch}/${key}`,
  guest: (epoch: string, person: PersonId) => `guest/${epoch}/${person}`,
  /** Up to when invitations are void. */
  invitationsVoid: (epoch: string) => `invitations-void/${epoch}`,
} as const;

const nameKey = v.custom<NameKey>((input) => typeof input === "string");
const number = v.pipe(v.number(), v.safeInteger());
const author = v.object({ id: personId, name: v.string() });
const line = { at: number, user: author };

const values = {
  room: v.pipe(
    v.object({
      name: v.string(),
      isPrivate: v.boolean(),
      openedBy: v.optional(personId),
      openedAt: number,
    }),
    v.transform(({ openedBy, ...room }): RoomFacts => ({ ...room, openedBy })),
  ),
  line: v.variant("kind", [
    v.object({ kind: v.literal("text"), ...line, text: v.string(), deleted: v.boolean() }),
    v.object({ kind: v.literal("edited"), ...line, of: number, text: v.string() }),
    v.object({ kind: v.literal("deleted"), ...line, of: number }),
    v.object({ kind: v.literal("entered"), ...line }),
    v.object({ kind: v.literal("left"), ...line }),
  ]),
  nonce: v.object({ person: personId, nonce: v.string() }),
  person: v.object({ ...author.entries, key: nameKey }),
  guest: v.pipe(
    v.object({ person: personId, invitation: v.optional(v.string()) }),
    v.transform(({ person, invitation }): Guest => ({ person, invitation })),
  ),
  invitationsVoid: v.object({ toMs: number }),
} as const;

const write = {
  room: (facts: RoomFacts) => JSON.stringify(facts),
  line: ({ seq, user: { id, name }, ...message }: RoomMessage) =>
    JSON.stringify({ ...message, user: { id, name } }),
  nonce: ({ person, nonce }: Accepted) => JSON.stringify({ person, nonce }),
  person: ({ id, name, key }: User) => JSON.stringify({ id, name, key }),
  guest: ({ person, invitation }: Guest) => JSON.stringify({ person, invitation }),
} as const;

/**
 * Writes down what becomes of a room. Its lines and nonces are a draft: not saved, they never were. Who is there and who is let
 * in is so whether it is saved or not, and what is gone has to go some time.
 */
export function writeRoom(epoch: string) {
  return (effect: Effect | Upkeep, { draft, owed }: Writing): void => {
    switch (effect.kind) {
      case "appended":
      case "scrubbed":
        draft.set(keys.line(epoch, effect.message.seq), write.line(effect.message));
        break;
      case "accepted":
        draft.set(keys.nonce(epoch, effect.accepted.seq), write.nonce(effect.accepted));
        break;
      case "came":
        owed.set(keys.person(epoch, effect.user.key), write.person(effect.user));
        break;
      case "gone":
        owed.set(keys.person(epoch, effect.user.key), undefined);
        break;
      case "present":
      case "lost":
        break; // whoever was there when the process ended counts as lost
      case "letIn":
        owed.set(keys.guest(epoch, effect.person), write.guest(effect));
        break;
      case "invitationsVoid":
        owed.set(keys.invitationsVoid(epoch), JSON.stringify({ toMs: effect.toMs }));
        break;
      case "letInNoMore":
        owed.set(keys.guest(epoch, effect.person), undefined);
        break;
      case "opened":
        owed.set(keys.room(epoch), write.room(effect.facts));
        break;
      case "ended":
        owed.set(keys.room(epoch), undefined);
        owed.set(keys.invitationsVoid(epoch), undefined);
        break;
      case "trimmed":
        for (let seq = effect.first; seq <= effect.last; seq += 1) owed.set(keys.line(epoch, seq), undefined);
        break;
      case "forgotten":
        for (const seq of effect.seqs) owed.set(keys.nonce(epoch, seq), undefined);
    }
  };
}

/** Reads an entry of a room's; undefined where it is none of these, or damaged. */
export function readRoomEntry(storeKey: string, json: unknown): RoomEntry | undefined {
  const [kind = "", epoch = "", rest = ""] = storeKey.split("/", 3);
  const seq = Number(rest);
  switch (kind) {
    case "room":
      return parsed(values.room, json, (room) => ({ kind, epoch, room }));
    case "line":
      return parsed(values.line, json, (message) => ({ kind, epoch, message: { seq, ...message } }));
    case "nonce":
      return parsed(values.nonce, json, (accepted) => ({ kind, epoch, accepted: { ...accepted, seq } }));
    case "person":
      return parsed(values.person, json, (user) => ({ kind, epoch, user }));
    case "guest":
      return parsed(values.guest, json, (guest) => ({ kind, epoch, ...guest }));
    case "invitations-void":
      return parsed(values.invitationsVoid, json, ({ toMs }) => ({ kind, epoch, toMs }));
    default:
      return undefined;
  }
}

/** So that the order of keys is that of numbers. */
function digits(seq: number): string {
  return String(seq).padStart(16, "0");
}

/** 72 bits: no two are drawn alike. */
const EPOCH_BYTES = 9;

/** Names a log, among all there ever were. */
export function newEpoch(random: Random): string {
  return Buffer.from(random(EPOCH_BYTES)).toString("base64url");
}

/** The key of a room's entry under another epoch. */
export function keyUnderEpoch(storeKey: string, epoch: string): string {
  const [kind, , ...rest] = storeKey.split("/");
  return [kind, epoch, ...rest].join("/");
}

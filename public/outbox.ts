import type { ClientMessageV2 } from "../src/protocol/v2.ts";
import { Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";

/** What this person did that is not in the log yet, oldest first. All functions here are pure. */
export type Outbox = readonly Outgoing[];

export interface Outgoing {
  /** Stays the same however often it is sent, so that the server takes it once. */
  readonly nonce: string;
  readonly room: string;
  readonly act: Act;
  /** Empty for a line to be deleted. */
  readonly text: string;
  /** When it was done, ms since the Unix epoch. */
  readonly at: number;
  readonly state: OutgoingState;
  /** Where the room was when this was first sent: the server knows it again for `bounds.nonces` messages. */
  readonly sentAfter: Position | undefined;
}

export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export type Act =
  | { readonly kind: "say" }
  /** Of line number `of` in the epoch. */
  | { readonly kind: "edit" | "delete"; readonly epoch: string; readonly of: number };

export type OutgoingState =
  /** Not to be sent for a while, in which it can be called back. */
  | { readonly kind: "undoable" }
  /** To be sent: no connection, or not its turn. */
  | { readonly kind: "waiting" }
  /** On the wire, not answered. */
  | { readonly kind: "sent" }
  /** In the log as number `seq`, which has not come yet. */
  | { readonly kind: "acked"; readonly seq: number }
  /** Sent so long ago that the server can't know it again: a person has to say whether once more. */
  | { readonly kind: "unsure" }
  /** Said to a log that is lost, perhaps to another room of that name: a person has to say whether to this one. */
  | { readonly kind: "held" }
  /** Can be tried again from `retryAt` on, ms since the Unix epoch. */
  | { readonly kind: "refused"; readonly reason: string; readonly retryAt: number };

/** Adds at the end. `undefined` when there are too many. */
export function add(
  outbox: Outbox,
  line: Pick<Outgoing, "nonce" | "room" | "act" | "text" | "at">,
  kind: "waiting" | "undoable",
): Outbox | undefined {
  if (outbox.length >= bounds.outboxLines) return undefined;
  return [...outbox, { ...line, state: { kind }, sentAfter: undefined }];
}

/** What can be called back now goes out: one of it, or all. */
export function decided(outbox: Outbox, nonce?: string): Outbox {
  const isMeant = (line: Outgoing) => line.state.kind === "undoable" && (nonce ?? line.nonce) === line.nonce;
  return outbox.some(isMeant)
    ? outbox.map((line) => (isMeant(line) ? { ...line, state: { kind: "waiting" } } : line))
    : outbox;
}

/** What was done last in the room and can be called back. */
export function lastUndoable(outbox: Outbox, room: string): Outgoing | undefined {
  return outbox.findLast((line) => line.room === room && line.state.kind === "undoable");
}

/** What is to be sent next, in order; nothing while enough is on the wire. */
export function next(outbox: Outbox, isIn: (room: string) => boolean): Outgoing | undefined {
  if (outbox.filter(({ state }) => state.kind === "sent").length >= bounds.inFlight) return undefined;
  return outbox.find(({ room, state }) => state.kind === "waiting" && isIn(room));
}

export function messageOf({ room, act, text, nonce }: Outgoing): ClientMessageV2 {
  switch (act.kind) {
    case "say":
      return { type: Type.Text, room, text, nonce };
    case "edit":
      return { type: Type.Edit, room, of: act.of, text, nonce };
    case "delete":
      return { type: Type.Delete, room, of: act.of, nonce };
  }
}

export function sent(outbox: Outbox, nonce: string, position: Position): Outbox {
  return outbox.map((line) =>
    line.nonce === nonce ? { ...line, state: { kind: "sent" }, sentAfter: line.sentAfter ?? position } : line,
  );
}

/** It is in the log, or will be as soon as number `seq` comes. */
export function acked(outbox: Outbox, nonce: string, seq: number, last: number): Outbox {
  return seq <= last ? remove(outbox, nonce) : change(outbox, nonce, { kind: "acked", seq });
}

/** The log of a room has come as far as number `last`. */
export function settled(outbox: Outbox, room: string, last: number): Outbox {
  const stays = ({ state, ...line }: Outgoing) =>
    line.room !== room || state.kind !== "acked" || state.seq > last;
  return outbox.every(stays) ? outbox : outbox.filter(stays);
}

export function refused(outbox: Outbox, nonce: string, reason: string, retryAt: number): Outbox {
  return change(outbox, nonce, { kind: "refused", reason, retryAt });
}

/** The connection is gone: what was on the wire goes out again, and the server takes it once. */
export function unsent(outbox: Outbox): Outbox {
  return outbox.map((line) => (line.state.kind === "sent" ? { ...line, state: { kind: "waiting" } } : line));
}

/**
 * Back in a room that has come as far as `position`, and was of the epoch `before` when this page was last in it, if it was:
 * what was to be said to that one does not go to another by itself. `gone`: why a line can't be changed any more.
 */
export function rejoined(
  outbox: Outbox,
  room: string,
  { epoch, seq }: Position,
  before: string,
  gone: string,
): Outbox {
  const isAnother = before !== "" && before !== epoch;
  return outbox.flatMap((line): Outgoing[] => {
    if (line.room !== room) return [line];
    const { act, state, sentAfter } = line;
    if (act.kind !== "say" && act.epoch !== epoch) {
      return state.kind === "acked"
        ? []
        : [{ ...line, state: { kind: "refused", reason: gone, retryAt: Number.POSITIVE_INFINITY } }];
    }
    // Acked in a log that is lost: said, and gone.
    if (state.kind === "acked" && sentAfter?.epoch !== epoch) return [];
    if (isAnother && (state.kind === "waiting" || state.kind === "unsure")) {
      return [{ ...line, state: { kind: "held" } }];
    }
    const isOld = sentAfter?.epoch === epoch && seq - sentAfter.seq >= bounds.nonces;
    return [state.kind === "waiting" && isOld ? { ...line, state: { kind: "unsure" } } : line];
  });
}

/** Sends once more what was refused, or may have been lost. */
export function again(outbox: Outbox, nonce: string): Outbox {
  return outbox.map((line) =>
    line.nonce === nonce ? { ...line, state: { kind: "waiting" }, sentAfter: undefined } : line,
  );
}

/** A person has decided that what is held goes to the room as it is now. */
export function release(outbox: Outbox, room: string): Outbox {
  return outbox.map((line) =>
    isHeld(line, room) ? { ...line, state: { kind: "waiting" }, sentAfter: undefined } : line,
  );
}

export function isHeld(line: Outgoing, room: string): boolean {
  return line.room === room && line.state.kind === "held";
}

/** Whether a person has to decide what becomes of it. */
export function isStuck({ state }: Outgoing): boolean {
  return state.kind === "refused" || state.kind === "unsure" || state.kind === "held";
}

/** Whether a line is being taken back already. */
export function isDeleting(
  outbox: Outbox,
  room: string,
  { epoch, of }: { epoch: string; of: number },
): boolean {
  return outbox.some(
    (line) =>
      line.act.kind === "delete" &&
      line.room === room &&
      line.act.epoch === epoch &&
      line.act.of === of &&
      !isStuck(line),
  );
}

export function remove(outbox: Outbox, nonce: string): Outbox {
  return outbox.filter((line) => line.nonce !== nonce);
}

function change(outbox: Outbox, nonce: string, state: OutgoingState): Outbox {
  return outbox.map((line) => (line.nonce === nonce ? { ...line, state } : line));
}

import { bounds } from "./bounds.ts";

/** What this person typed that the server has not echoed yet, oldest first. */
export type Outbox = readonly Outgoing[];

export interface Outgoing {
  readonly id: number;
  readonly text: string;
  /** When it was typed, ms since the Unix epoch. */
  readonly at: number;
  readonly state: OutgoingState;
}

export type OutgoingState =
  /** Not on the wire: no connection, or not its turn. */
  | { kind: "waiting" }
  /** On the wire; its echo has not come. */
  | { kind: "sent" }
  /** Its echo did not come. v1 cannot tell whether it arrived. */
  | { kind: "unsure" }
  | { kind: "refused"; reason: string };

/** Adds a line at the end. `undefined` when there are too many. */
export function addLine(outbox: Outbox, text: string, at: number): Outbox | undefined {
  if (outbox.length >= bounds.outboxLines) return undefined;
  return [...outbox, { id: nextId(outbox), text, at, state: { kind: "waiting" } }];
}

/** The line whose turn it is. None while another is on the wire. */
export function nextLine(outbox: Outbox): Outgoing | undefined {
  if (outbox.some((line) => line.state.kind === "sent")) return undefined;
  return outbox.find((line) => line.state.kind === "waiting");
}

export function markSent(outbox: Outbox, id: number): Outbox {
  return change(outbox, id, { kind: "sent" });
}

/** The server's echo of a line of mine: the oldest one with this text has arrived. Lines on the wire go first. */
export function markEchoed(outbox: Outbox, text: string): Outbox {
  const same = outbox.filter((line) => line.text.trim() === text.trim() && line.state.kind !== "waiting");
  const echoed = same.find((line) => line.state.kind === "sent") ?? same[0];
  return echoed === undefined ? outbox : remove(outbox, echoed.id);
}

/** The server refused the line on the wire. */
export function markRefused(
  outbox: Outbox,
  reason: string,
): { outbox: Outbox; refused: Outgoing | undefined } {
  const refused = outbox.find((line) => line.state.kind === "sent");
  if (refused === undefined) return { outbox, refused };
  return { outbox: change(outbox, refused.id, { kind: "refused", reason }), refused };
}

/** The connection is gone, or the echo is overdue: nobody knows what became of the line on the wire. */
export function markUnsure(outbox: Outbox): Outbox {
  return outbox.map((line) => (line.state.kind === "sent" ? { ...line, state: { kind: "unsure" } } : line));
}

/** Sends a line once more, as the newest one. */
export function sendAgain(outbox: Outbox, id: number): Outbox {
  const line = outbox.find((candidate) => candidate.id === id);
  if (line === undefined) return outbox;
  return [...remove(outbox, id), { ...line, state: { kind: "waiting" } }];
}

export function remove(outbox: Outbox, id: number): Outbox {
  return outbox.filter((line) => line.id !== id);
}

/** For the tab's storage: what a reload must not lose. */
export function packOutbox(outbox: Outbox): string {
  return JSON.stringify(outbox.map(({ text, at, state }) => ({ text, at, state })));
}

/** Reads what `packOutbox` wrote. A line that was on the wire may or may not have arrived. Never throws. */
export function unpackOutbox(packed: string): Outbox {
  let json: unknown;
  try {
    json = JSON.parse(packed);
  } catch {
    return [];
  }
  if (!Array.isArray(json)) return [];
  const lines: Outgoing[] = [];
  for (const entry of json) {
    if (!isRecord(entry) || typeof entry.text !== "string" || typeof entry.at !== "number") continue;
    lines.push({ id: lines.length + 1, text: entry.text, at: entry.at, state: unpackState(entry.state) });
  }
  return lines.slice(-bounds.outboxLines);
}

function unpackState(state: unknown): OutgoingState {
  if (isRecord(state) && state.kind === "waiting") return { kind: "waiting" };
  if (isRecord(state) && state.kind === "refused" && typeof state.reason === "string") {
    return { kind: "refused", reason: state.reason };
  }
  return { kind: "unsure" };
}

function nextId(outbox: Outbox): number {
  return outbox.reduce((highest, line) => Math.max(highest, line.id), 0) + 1;
}

function change(outbox: Outbox, id: number, state: OutgoingState): Outbox {
  return outbox.map((line) => (line.id === id ? { ...line, state } : line));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

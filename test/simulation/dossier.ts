import { type LogEntryV2, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import { Broken, type RoomLog } from "./ledger.ts";
import type { Link } from "./link.ts";

/** What is at the other end of a connection. */
export interface Holder {
  readonly name: string;
  readonly email: string;
  /** Has nothing that would let anybody in. */
  readonly isImpostor: boolean;
}

/** A connection's membership in a room, by what the server said on it. */
export interface Seat {
  readonly log: RoomLog;
  readonly joinedMs: number;
  /** The last number that was said, or said to be gone. */
  upTo: number;
  /** The newest Presence. */
  presence: readonly string[];
  /** How many are said to type. */
  typing: number;
}

/** What was asked for and wants an answer: a nonce or a room, and when it arrived, in served ms. */
type Asked = Map<string, number>;

/** What is known of one connection, from what is said on it. */
export class Dossier {
  readonly link: Link;
  readonly holder: Holder;
  readonly seats = new Map<string, Seat>();
  readonly asked: Asked = new Map();
  /** When anything was answered last, in served ms: what was asked is done one by one. */
  answeredMs = 0;
  /** The invitation that was shown last, by room. */
  readonly shown = new Map<string, string>();
  /** Gaps that were told. */
  readonly gaps: { log: RoomLog; last: number }[] = [];
  /** What a client of version 1 was told in the lobby … */
  readonly lines: { name: string; text: string }[] = [];
  /** … and the lobby's log, as soon as anybody has been told of it. */
  lobby: RoomLog | undefined;
  /** Who was let in; undefined before that. */
  name: string | undefined;
  /** When the last Hello arrived. */
  helloMs: number | undefined;
  tab: string | undefined;

  constructor(link: Link, holder: Holder) {
    this.link = link;
    this.holder = holder;
  }

  answered(what: string, nowMs: number): void {
    if (this.asked.delete(what)) this.answeredMs = nowMs;
  }

  seat(room: string, message: ServerMessageV2): Seat {
    const seat = this.seats.get(room);
    if (seat === undefined)
      throw new Broken("P8", `${this.holder.name} is not in a room and hears ${JSON.stringify(message)}`);
    return seat;
  }

  /** An entry of the log is said: the next one. */
  entry(entry: LogEntryV2, nowMs: number): void {
    const seat = this.seat(entry.room, entry);
    if (entry.seq !== seat.upTo + 1) {
      throw new Broken("P2", `${this.holder.name} gets ${entry.room} ${entry.seq} after ${seat.upTo}`);
    }
    seat.upTo = entry.seq;
    seat.log.tell(entry, nowMs);
  }

  gap(gap: Extract<ServerMessageV2, { type: typeof Type.Gap }>): void {
    const seat = this.seat(gap.room, gap);
    if (gap.first !== seat.upTo + 1 || gap.last < gap.first) {
      throw new Broken("P2", `${this.holder.name} is told of ${JSON.stringify(gap)} after ${seat.upTo}`);
    }
    seat.upTo = gap.last;
    this.gaps.push({ log: seat.log, last: gap.last });
  }
}

/** Lines that version 1 shows for an entry: as it was said, or after it was taken back. */
export function linesOfV1(entry: LogEntryV2): string[] {
  switch (entry.type) {
    case Type.Text:
      return [entry.text, "took a line back"];
    case Type.Edited:
      return [`edited: ${entry.text}`, "edited: "];
    case Type.Deleted:
      return ["took a line back"];
    case Type.Entered:
      return ["entered chat"];
    case Type.Departed:
      return ["left chat"];
  }
}

import { type LogEntryV2, Type } from "../../src/protocol/v2.ts";

/** A promise of the README (P1 to P8) that did not hold. */
export class BrokenPromise extends Error {
  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
  }
}

/** An entry of a room's log, as the server told it first, and when that was, in served ms. */
interface Known {
  readonly entry: LogEntryV2;
  readonly knownMs: number;
}

/** What can be said of logs in a run. */
export interface LogRules {
  /** Whether what somebody says is in it in that order: nothing is refused, for the pace or the disk, and said again later. */
  isInOrder: boolean;
  /** Whether all who come and go are in it: there is no disk that is full when they do. */
  isComplete: boolean;
}

/**
 * What one log of one room has, put together from what the server tells anybody: all have to be told the same. Texts are
 * unique in a simulation, so that a line that is posted twice shows.
 */
export class RoomLog {
  readonly room: string;
  readonly epoch: string;
  readonly entries = new Map<number, Known>();
  /** Who is in the room by what the log says, as far as it is known from the beginning, and when they came, in served ms. */
  readonly present = new Map<string, number>();
  last = 0;
  /** Something so long was said that bytes bound the log, rather than messages. */
  hasBigTexts = false;
  /** When anything of it was told last, in ms of the monotonic clock. */
  toldMs = 0;
  /** The highest number that was acked. */
  lastAcked = 0;
  readonly #texts = new Map<string, number>();
  /** Lines that were taken back. */
  readonly #deleted = new Set<number>();
  readonly #acked = new Map<string, number>();
  readonly #rules: LogRules;
  /** The highest number that each tab's lines have. */
  readonly #said = new Map<string, number>();
  #folded = 0;

  constructor(room: string, epoch: string, rules: LogRules) {
    this.room = room;
    this.epoch = epoch;
    this.#rules = rules;
  }

  /** Whether `present` is who is there: all of the log is known, and all that happened is in it. */
  get isWhole(): boolean {
    return this.#rules.isComplete && this.#folded === this.last;
  }

  /** The server tells somebody an entry. */
  tell(entry: LogEntryV2, nowMs: number): void {
    this.#checkDeleted(entry);
    const known = this.entries.get(entry.seq);
    if (known !== undefined) {
      this.#checkSame(known.entry, entry);
      return;
    }
    this.entries.set(entry.seq, { entry, knownMs: nowMs });
    this.last = Math.max(this.last, entry.seq);
    this.#checkOnce(entry);
    this.#checkOwn(entry);
    this.#fold();
  }

  /** The server says that what `nonce` asked for is entry number `seq`. */
  ack(person: string, nonce: string, seq: number): void {
    const key = `${person}\n${nonce}`;
    const before = this.#acked.get(key);
    if (before !== undefined && before !== seq)
      throw new BrokenPromise("P2", `${nonce} is ${before} and ${seq}`);
    this.#acked.set(key, seq);
    this.lastAcked = Math.max(this.lastAcked, seq);
  }

  /** What was acked is what the log has. */
  checkAcks(): void {
    for (const [key, seq] of this.#acked) {
      const entry = this.entries.get(seq)?.entry;
      if (entry === undefined) continue;
      const [person, nonce] = key.split("\n");
      const isSame =
        !("text" in entry) || entry.text.slice(0, nonce?.length) === nonce || this.#isDeleted(entry);
      if (entry.user.id !== person || !isSame) {
        throw new BrokenPromise("P2", `${nonce} was acked as ${seq}, which is ${JSON.stringify(entry)}`);
      }
    }
  }

  /** The nonces that were acked. */
  *nonces(): Generator<string, void> {
    for (const key of this.#acked.keys()) yield key.split("\n")[1] ?? "";
  }

  /** Which numbers somebody's lines have that can be edited, for those who want to. */
  linesOf(isTheirs: (user: LogEntryV2["user"]) => boolean): number[] {
    const lines: number[] = [];
    for (const [seq, { entry }] of this.entries) {
      if (entry.type === Type.Text && !this.#deleted.has(seq) && isTheirs(entry.user)) lines.push(seq);
    }
    return lines;
  }

  #isDeleted(entry: LogEntryV2): boolean {
    return this.#deleted.has(entry.type === Type.Edited ? entry.of : entry.seq);
  }

  /** Who is told of a line after it was taken back must not be told its text. */
  #checkDeleted(entry: LogEntryV2): void {
    if (entry.type === Type.Deleted) this.#deleted.add(entry.of);
    if ("text" in entry && entry.text !== "" && this.#isDeleted(entry)) {
      throw new BrokenPromise("P8", `a deleted line is told: ${JSON.stringify(entry)}`);
    }
  }

  #checkSame(known: LogEntryV2, told: LogEntryV2): void {
    const isSame =
      known.type === told.type &&
      known.at === told.at &&
      known.user.name === told.user.name &&
      known.user.id === told.user.id &&
      ofEntry(known) === ofEntry(told) &&
      (textOf(known) === textOf(told) || textOf(told) === "" || textOf(known) === "");
    if (!isSame) throw new BrokenPromise("P1", `${JSON.stringify(known)} is told as ${JSON.stringify(told)}`);
  }

  #checkOnce(entry: LogEntryV2): void {
    const text = textOf(entry);
    if (text === "") return;
    const before = this.#texts.get(text);
    if (before !== undefined)
      throw new BrokenPromise("P2", `${text.slice(0, 40)} is posted as ${before} and ${entry.seq}`);
    this.#texts.set(text, entry.seq);
    if (text.length > 1_000) this.hasBigTexts = true;
  }

  #checkOwn(entry: LogEntryV2): void {
    const of = ofEntry(entry);
    const line = of === undefined ? undefined : this.entries.get(of)?.entry;
    if (line === undefined) return;
    if (line.type !== Type.Text || line.user.id !== entry.user.id || line.seq >= entry.seq) {
      throw new BrokenPromise("P8", `${JSON.stringify(entry)} changes ${JSON.stringify(line)}`);
    }
  }

  /** Everybody comes before they go, once, and says nothing when they are not there. */
  #fold(): void {
    for (let known = this.entries.get(this.#folded + 1); known; known = this.entries.get(this.#folded + 1)) {
      this.#folded += 1;
      const { type, user } = known.entry;
      const isPresent = this.present.has(user.name);
      if (this.#rules.isComplete && isPresent === (type === Type.Entered)) {
        throw new BrokenPromise(
          "P1",
          `in ${this.room}, where ${user.name} is ${isPresent ? "" : "not "}there: ${JSON.stringify(known.entry)}`,
        );
      }
      this.#checkOrder(known.entry);
      if (type === Type.Entered) this.present.set(user.name, known.knownMs);
      if (type === Type.Departed) this.present.delete(user.name);
    }
  }

  #checkOrder(entry: LogEntryV2): void {
    const line = entry.type === Type.Text ? readLine(entry.text) : undefined;
    if (line === undefined || !this.#rules.isInOrder) return;
    const before = this.#said.get(line.tab) ?? 0;
    if (line.number < before)
      throw new BrokenPromise("P2", `${line.tab} said ${line.number} after ${before}`);
    this.#said.set(line.tab, line.number);
  }
}

/** What the line with this number of a tab says. */
export function writeLine(tab: string, number: number): string {
  return `${tab} ${number}`;
}

function readLine(text: string): { tab: string; number: number } | undefined {
  const [, tab, number] = /^(\S+) (\d+)$/.exec(text) ?? [];
  return tab === undefined ? undefined : { tab, number: Number(number) };
}

function textOf(entry: LogEntryV2): string {
  return "text" in entry ? entry.text : "";
}

function ofEntry(entry: LogEntryV2): number | undefined {
  return "of" in entry ? entry.of : undefined;
}

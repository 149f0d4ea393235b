import { limits } from "../../src/limits.ts";
import type { Machine } from "./machine.ts";
import { type ConnectionTranscript, linesOfV1, type Membership, type Observer } from "./observer.ts";
import { BrokenPromise, type RoomLog } from "./room-log.ts";
import type { VirtualTime } from "./time.ts";

/** How late the server may be with what depends on nobody else, in ms that the machine served. */
const PROMPT_MS = 100;

/** What must be so whenever nothing is left to happen, beside what the observer checks as it is said. */
export class Promises {
  readonly #observer: Observer;
  readonly #machine: Machine;
  readonly #time: VirtualTime;
  readonly #history: number;
  /** When people were last seen in a room, by the room's epoch and their name, in served ms. */
  readonly #seenMs = new Map<string, number>();

  constructor(observer: Observer, machine: Machine, time: VirtualTime, history: number) {
    this.#observer = observer;
    this.#machine = machine;
    this.#time = time;
    this.#history = history;
  }

  /** Call it when the time is idle. */
  check(): void {
    this.#checkErrors();
    const open = this.#open();
    for (const transcript of open) {
      this.#checkBounds(transcript);
      this.#checkLogin(transcript);
      this.#checkPrompt(transcript);
    }
    this.#checkTabs(open);
    for (const transcript of this.#observer.transcripts.values()) this.#checkGaps(transcript);
    for (const log of this.#observer.logs.values()) log.checkAcks();
    this.#seeClosed();
    if (this.#machine.isUp) this.#checkPresent(open);
    for (const transcript of this.#observer.transcripts.values()) this.#checkV1(transcript);
    this.#forgetClosed();
  }

  #open(): ConnectionTranscript[] {
    return [...this.#observer.transcripts.values()].filter(({ link }) => link.isOpen);
  }

  /** Nothing that anybody does makes an actor fail. */
  #checkErrors(): void {
    const [error] = this.#machine.errors;
    if (error !== undefined) throw new BrokenPromise("no actor fails", error);
  }

  /** P4, as far as it can be seen: what waits to be handled, and what waits to be sent. */
  #checkBounds({ link }: ConnectionTranscript): void {
    const { inbox, unsentBytes } = link;
    if ((inbox?.length ?? 0) > limits.inboxFrames)
      throw new BrokenPromise("P4", `${inbox?.length} frames wait`);
    if ((inbox?.bytesBuffered ?? 0) > limits.inboxBytes)
      throw new BrokenPromise("P4", `${inbox?.bytesBuffered} bytes wait`);
    if (unsentBytes > limits.unsentBytesHard)
      throw new BrokenPromise("P4", `${unsentBytes} bytes are unsent`);
  }

  /** P6: who does not log in is gone. */
  #checkLogin({ link, name, helloMs, holder }: ConnectionTranscript): void {
    if (name !== undefined || !this.#machine.isUp) return;
    const untilMs =
      helloMs === undefined ? link.openedMs + limits.helloTimeoutMs : helloMs + limits.codeValidMs;
    if (this.#time.elapsedMs > untilMs + PROMPT_MS)
      throw new BrokenPromise("P6", `${holder.name} stays without logging in`);
  }

  /** P3 and P2: who reads has what anybody has, and who asks is answered. */
  #checkPrompt({ link, memberships, asked, answeredMs, holder }: ConnectionTranscript): void {
    if (!this.#machine.isUp || !this.#isLong(link.healthySinceMs)) return;
    for (const [what, sinceMs] of asked) {
      if (this.#isLong(Math.max(sinceMs, answeredMs)))
        throw new BrokenPromise("P3", `${holder.name} gets no answer to ${what}`);
    }
    for (const [room, { log, upTo, joinedMs }] of memberships) {
      const next = log.entries.get(upTo + 1);
      if (next && this.#isLong(joinedMs) && this.#isLong(next.knownMs)) {
        throw new BrokenPromise("P3", `${holder.name} waits for ${upTo + 1} of ${room}, which others have`);
      }
    }
  }

  /** P2: one tab has one connection. */
  #checkTabs(open: readonly ConnectionTranscript[]): void {
    const tabs = new Set<string>();
    for (const { name, tab, link } of open) {
      if (name === undefined || tab === undefined) continue;
      const key = `${name} ${tab}`;
      if (tabs.has(key) && link.healthySinceMs !== undefined)
        throw new BrokenPromise("P2", `the ghost of ${key} is still there`);
      tabs.add(key);
    }
  }

  /** P2: only what a log no longer has is a gap. */
  #checkGaps({ gaps }: ConnectionTranscript): void {
    for (const { log, last } of gaps.splice(0)) {
      const isGone = log.hasBigTexts || last <= Math.max(log.last, log.lastAcked) - this.#history;
      if (!isGone) throw new BrokenPromise("P2", `${last} of ${log.last} in ${log.room} is said to be gone`);
    }
  }

  /** P6 and P2: who has a connection is there, and who has none any more is not, when the grace is over. */
  #checkPresent(open: readonly ConnectionTranscript[]): void {
    const told = new Set<RoomLog>();
    for (const { link, memberships, name, lobby } of open) {
      if (name !== undefined && lobby !== undefined && link.version === 1) this.#see(lobby, name);
      for (const { log, joinedMs } of memberships.values()) {
        this.#see(log, name ?? "");
        if (!this.#isLong(link.healthySinceMs) || !this.#isLong(joinedMs) || !log.isWhole) continue;
        told.add(log);
        if (!log.present.has(name ?? ""))
          throw new BrokenPromise("P2", `${name} is not said to be in ${log.room}`);
      }
    }
    for (const log of told) {
      for (const [name, cameMs] of log.present) {
        const seenMs = Math.max(cameMs, this.#seenMs.get(`${log.epoch} ${name}`) ?? 0);
        const untilMs = seenMs + limits.graceMs + limits.idleTimeoutMs + PROMPT_MS + this.#machine.diskMs;
        if (this.#time.servedMs > untilMs)
          throw new BrokenPromise("P6", `${name} is still said to be in ${log.room}`);
      }
    }
  }

  #see({ epoch }: RoomLog, name: string, atMs = this.#time.servedMs): void {
    const key = `${epoch} ${name}`;
    this.#seenMs.set(key, Math.max(this.#seenMs.get(key) ?? 0, atMs));
  }

  /** P1 and P2 in version 1: what came is a stretch of the log, and its newest end for somebody who reads. */
  #checkV1({ link, lines, holder, lobby }: ConnectionTranscript): void {
    if (link.version === 2 || lobby === undefined || lines.length === 0) return;
    const ends = stretchesOf(lobby, lines);
    if (ends.length === 0)
      throw new BrokenPromise("P1", `${holder.name} got ${JSON.stringify(lines.slice(-5))}`);
    const newest = Math.max(...ends);
    const next = lobby.entries.get(newest + 1);
    const reads = link.isOpen && this.#machine.isUp && this.#isLong(link.healthySinceMs);
    if (reads && next && this.#isLong(next.knownMs))
      throw new BrokenPromise("P3", `${holder.name} waits for ${newest + 1} of the lobby`);
  }

  /** Whether the server has had the time to do what it has to, since then. */
  #isLong(sinceMs: number | undefined): boolean {
    return sinceMs !== undefined && sinceMs < this.#time.servedMs - PROMPT_MS - this.#machine.diskMs;
  }

  /** Whoever is gone is still there while what they had sent is said: line by line, each saved before the next. */
  #seeClosed(): void {
    for (const { link, memberships, name, lobby } of this.#observer.transcripts.values()) {
      if (link.closed === undefined) continue;
      const untilMs = link.closed.atMs + link.closed.framesWaiting * this.#machine.lineMs;
      for (const { log } of memberships.values()) this.#see(log, name ?? "", untilMs);
      if (lobby !== undefined) this.#see(lobby, name ?? "", untilMs);
    }
  }

  #forgetClosed(): void {
    for (const link of this.#observer.transcripts.keys()) {
      if (!link.isOpen) this.#observer.transcripts.delete(link);
    }
  }
}

/** Everybody who is there, by what the server said on their connections. */
export function membersIn(
  transcripts: Iterable<ConnectionTranscript>,
  log: RoomLog,
): { name: string; membership: Membership }[] {
  const members: { name: string; membership: Membership }[] = [];
  for (const { link, memberships, name } of transcripts) {
    for (const membership of memberships.values()) {
      if (link.isOpen && membership.log === log) members.push({ name: name ?? "", membership });
    }
  }
  return members;
}

/** Where in the log the lines can end. What nobody else was told fits anything. */
function stretchesOf(log: RoomLog, lines: readonly { name: string; text: string }[]): number[] {
  const ends: number[] = [];
  for (let from = 1; from <= log.last; from += 1) {
    const fits = lines.every(({ name, text }, index) => {
      const entry = log.entries.get(from + index)?.entry;
      return entry === undefined || (entry.user.name === name && linesOfV1(entry).includes(text));
    });
    if (fits) ends.push(from + lines.length - 1);
  }
  return ends;
}

import { createHash } from "node:crypto";
import type { Scheduler } from "fast-check";
import type { Clock, Timer } from "../../src/system/clock.ts";
import type { Random } from "../../src/system/random.ts";

/** One run of the server's process. When it ends, nothing that it has asked for happens any more. */
export class ProcessLifetime {
  isOver = false;
}

/** What happens by itself and belongs to no process: the network, the mail, people. */
export const noProcess = new ProcessLifetime();

interface Pending {
  readonly atMs: number;
  readonly what: string;
  readonly happen: () => void;
}

/** Far more than any instant of a run has: over it, the work at one instant feeds itself. */
const EVENTS_PER_INSTANT = 50_000;

/** What was asked for before that is answered. */
const LATELY_MS = 60_000;

/**
 * Virtual time. Of all that can happen at one instant (turns, timers that are due, frames that arrive …), the scheduler,
 * which is seeded, picks what happens next; time goes on when nothing is left to happen, or when the machine is held up.
 */
export class VirtualTime {
  readonly #scheduler: Scheduler;
  readonly #timers = new Set<Pending>();
  #elapsedMs = 1_000;
  #heldUpMs = 0;
  #wallAheadMs = Date.UTC(2026, 0, 1);
  /** How it was before each of its jumps lately, and when those were, in served ms. */
  #before: { wallAheadMs: number; jumpedMs: number }[] = [];
  #failures: unknown[] = [];
  /** What has happened until now. */
  events = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Ms since the world began. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** The same without what `holdUp` took: what happens late for that reason is nobody's fault. */
  get servedMs(): number {
    return this.#elapsedMs - this.#heldUpMs;
  }

  get wallMs(): number {
    return this.#wallAheadMs + Math.floor(this.#elapsedMs);
  }

  /** The wall clock jumps by so much, or to where it is right. */
  jump(to: number | "right"): void {
    this.#before = this.#jumpsLately();
    this.#before.push({ wallAheadMs: this.#wallAheadMs, jumpedMs: this.servedMs });
    this.#wallAheadMs = to === "right" ? Date.UTC(2026, 0, 1) : this.#wallAheadMs + to;
  }

  /** What the wall clock says, and what it would if it had not jumped lately: by that the server may have looked. */
  wallsLately(): number[] {
    const before = this.#jumpsLately().map(({ wallAheadMs }) => wallAheadMs + Math.floor(this.#elapsedMs));
    return [this.wallMs, ...before];
  }

  #jumpsLately() {
    return this.#before.filter(({ jumpedMs }) => this.servedMs - jumpedMs <= LATELY_MS);
  }

  /** Nothing is left to happen at this instant. */
  get isIdle(): boolean {
    return this.#scheduler.count() === 0;
  }

  /** Timers that have neither run nor been cancelled, the network's and the people's included. */
  get timers(): number {
    return this.#timers.size;
  }

  /** The clock of one process. Its turns come in the order in which they were asked for, as Node has them. */
  clockOf(lifetime: ProcessLifetime): Clock {
    const turns: (() => void)[] = [];
    return {
      now: () => this.wallMs,
      elapsed: () => this.#elapsedMs,
      after: (ms, callback) => this.after(ms, "timer", callback, lifetime),
      turn: (callback) => {
        turns.push(callback);
        this.soon("turn", () => turns.shift()?.(), lifetime);
      },
    };
  }

  /** Happens at this instant, some time. */
  soon(what: string, happen: () => void, lifetime: ProcessLifetime = noProcess): void {
    void this.#scheduler.schedule(Promise.resolve(), what).then(() => {
      if (lifetime.isOver) return;
      try {
        happen();
      } catch (error) {
        this.#failures.push(error);
      }
    });
  }

  /** Happens in `ms` milliseconds. */
  after(ms: number, what: string, happen: () => void, lifetime: ProcessLifetime = noProcess): Timer {
    let isCancelled = false;
    const run = () => {
      if (!isCancelled) this.soon(what, () => isCancelled || happen(), lifetime);
    };
    const pending = { atMs: this.#elapsedMs + ms, what, happen: run };
    this.#timers.add(pending);
    if (ms <= 0) this.#fireDue();
    const cancel = () => {
      isCancelled = true;
      this.#timers.delete(pending);
    };
    return { cancel };
  }

  /** Ends the run with what must never be, without anybody in it hearing of it. */
  fail(error: unknown): void {
    this.#failures.push(error);
  }

  /** Lets up to `events` things happen at this instant. */
  async play(events: number): Promise<void> {
    await this.#flush();
    for (let played = 0; played < events && !this.isIdle; played += 1) await this.#step();
  }

  /** Lets everything happen that happens at this instant. */
  async settle(): Promise<void> {
    await this.#flush();
    for (let played = 0; !this.isIdle; played += 1) {
      if (played > EVENTS_PER_INSTANT) throw new Error("the work at one instant has no end");
      await this.#step();
    }
  }

  /** Lets `ms` milliseconds pass, with all that happens in them. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await this.settle();
    for (let next = this.#nextMs(); next <= untilMs; next = this.#nextMs()) {
      this.#elapsedMs = Math.max(this.#elapsedMs, next);
      this.#fireDue();
      await this.settle();
    }
    this.#elapsedMs = untilMs;
  }

  /** The machine stands still for `ms` milliseconds: what became due meanwhile happens after it, in any order. */
  holdUp(ms: number): void {
    this.#elapsedMs += ms;
    this.#heldUpMs += ms;
    this.#fireDue();
  }

  /** A process has ended: its timers are gone. */
  forget(lifetime: ProcessLifetime): void {
    lifetime.isOver = true;
  }

  async #step(): Promise<void> {
    this.events += 1;
    await this.#scheduler.waitOne();
    await this.#flush();
  }

  /** Promises lead where they lead, before anything else happens. */
  async #flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #fireDue(): void {
    for (const timer of this.#timers) {
      if (timer.atMs > this.#elapsedMs) continue;
      this.#timers.delete(timer);
      timer.happen();
    }
  }

  #nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#timers) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }
}

/** Bytes that look random and are the same for the same seed. */
export function seededRandom(seed: number): Random {
  let draws = 0;
  return (bytes) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < bytes; have += 32) {
      draws += 1;
      blocks.push(createHash("sha256").update(`${seed} ${draws}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}

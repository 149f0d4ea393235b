import type { Changes, Disk, Written } from "../../src/store/disk.ts";
import type { Clock } from "../../src/system/clock.ts";
import type { FakeClock } from "./fake-clock.ts";

interface Pending {
  readonly changes: Changes;
  settle(written: Written): void;
}

/** A disk in memory and in virtual time, which a test makes slow or full, and takes from one server to give it to the next. */
export class FakeDisk<C extends Clock = FakeClock> {
  readonly clock: C;
  /** What is on it. */
  readonly kept = new Map<string, string>();
  /** How long a write takes. */
  delayMs = 0;
  isFull = false;
  /** Writes that were done. */
  writes = 0;
  #pending: Pending | undefined;
  /** Of those that had the disk, only the last one can use it. */
  #holder = 0;

  constructor(clock: C) {
    this.clock = clock;
  }

  /** The disk as one server has it, until it is pulled out. */
  insert(): Disk {
    const holder = ++this.#holder;
    const kept = this.kept;
    return {
      async *read() {
        yield* [...kept].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      },
      write: (changes) => this.#write(changes, holder),
      close: async () => {},
    };
  }

  /** The server is killed: nobody is told what becomes of the write under way, which is on the disk or not. */
  pullOut({ written }: { written: boolean }): void {
    this.#holder += 1;
    if (written && this.#pending) this.#apply(this.#pending.changes);
    this.#pending = undefined;
  }

  #write(changes: Changes, holder: number): Promise<Written> {
    return new Promise((settle) => {
      if (holder !== this.#holder) return;
      if (this.#pending) throw new Error("two writes at once");
      const pending = { changes, settle };
      this.#pending = pending;
      const finish = () => {
        if (this.#pending === pending) this.#finish(pending);
      };
      if (this.delayMs > 0) this.clock.after(this.delayMs, finish);
      else this.clock.turn(finish);
    });
  }

  #finish({ changes, settle }: Pending): void {
    this.#pending = undefined;
    if (this.isFull) {
      settle({ kind: "failed", cause: new Error("ENOSPC: no space left on device") });
    } else {
      this.#apply(changes);
      settle({ kind: "saved" });
    }
  }

  #apply(changes: Changes): void {
    this.writes += 1;
    for (const [key, value] of changes) {
      if (value === undefined) this.kept.delete(key);
      else this.kept.set(key, value);
    }
  }
}

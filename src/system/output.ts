import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { limits } from "../limits.ts";
import type { Clock, Timer } from "./clock.ts";

export interface OutputOptions {
  clock: Clock;
  /** Writes what fits at once, and returns how many bytes; throws the errors of `fs.writeSync`, EAGAIN where nothing fits. */
  write: (bytes: Uint8Array) => number;
}

/**
 * Lines to stdout or stderr. A line is written at once where it can be, else it waits: for a reader that is slow, or for a
 * disk that is full. At most `limits.outputBytes` wait; over it new lines are dropped and counted, and there is room again when half
 * of that is written. Where nobody can ever read, lines are dropped at once. So the event loop never waits for a reader.
 */
export class Output {
  readonly #clock: Clock;
  readonly #write: OutputOptions["write"];
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #timer: Timer | undefined;
  #isFlushing = false;
  #resumed: (lines: number) => void = () => {};
  /** Lines dropped since `resumed` was called last … */
  #untold = 0;
  /** … and since the start. */
  #dropped = 0;

  constructor({ clock, write }: OutputOptions) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Lines that nobody will read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param resumed is told how many lines were dropped when lines are written again; it may write. */
  onResumed(resumed: (lines: number) => void): void {
    this.#resumed = resumed;
  }

  /** Never throws. False where the line was dropped. */
  write(line: string): boolean {
    const bytes = Buffer.from(line);
    const roomBytes = this.#untold > 0 ? limits.outputBytes / 2 : limits.outputBytes;
    if (this.#waitingBytes + bytes.length > roomBytes) {
      this.#drop(1);
      return false;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    return this.#timer !== undefined || this.#flush();
  }

  /** The process ends: writes what waits. Blocks for up to `limits.outputFlushMs` where the reader is slow. */
  end(): void {
    const pauses = Math.ceil(limits.outputFlushMs / PAUSE_MS);
    for (let n = 0; n < pauses && this.#flush() && this.#waiting.length > 0; n += 1) pause();
  }

  /** False where nobody can ever read what waited: it was dropped. */
  #flush(): boolean {
    if (this.#isFlushing) return true;
    this.#isFlushing = true;
    const outcome = this.#writeAll();
    this.#isFlushing = false;
    if (outcome === "later") {
      this.#timer ??= this.#clock.after(limits.outputRetryMs, () => {
        this.#timer = undefined;
        this.#flush();
      });
    }
    return outcome !== "gone";
  }

  #writeAll(): "done" | "later" | "gone" {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const outcome = this.#tryWrite(next);
      if (typeof outcome === "string") {
        if (outcome === "gone") this.#dropWaiting();
        return outcome;
      }
      this.#waitingBytes -= outcome;
      if (outcome < next.length) this.#waiting[0] = next.subarray(outcome);
      else this.#waiting.shift();
      this.#tellResumed();
    }
    return "done";
  }

  #tryWrite(bytes: Buffer): number | "later" | "gone" {
    try {
      return this.#write(bytes);
    } catch (error) {
      return isPassing(error) ? "later" : "gone";
    }
  }

  #tellResumed(): void {
    if (this.#untold === 0 || this.#waitingBytes > limits.outputBytes / 2) return;
    const lines = this.#untold;
    this.#untold = 0;
    this.#resumed(lines);
  }

  #dropWaiting(): void {
    this.#drop(this.#waiting.length);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  #drop(lines: number): void {
    this.#untold += lines;
    this.#dropped += lines;
  }
}

/** For `Output`: writes to this process's stdout or stderr without ever waiting for who reads it. */
export function writeToDescriptor(fd: 1 | 2): OutputOptions["write"] {
  const own = openAnew(fd) ?? notBlocking(fd);
  return (bytes) => writeSync(own, bytes);
}

/**
 * A pipe or terminal opened once more, for "does not block" then holds for this process alone. Undefined where it can't be:
 * for sockets, and for files, whose place in the file is shared and which do not block.
 */
function openAnew(fd: number): number | undefined {
  if (!fstatSync(fd).isFIFO() && !isatty(fd)) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** Node makes pipes and sockets non-blocking when it makes a stream of them. */
function notBlocking(fd: 1 | 2): number {
  const stream = fd === 1 ? process.stdout : process.stderr;
  stream.on("error", () => {});
  return fd;
}

/** Whether a later write may work: the reader is slow, or the disk is full. */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EAGAIN" || code === "EINTR" || code === "ENOSPC" || code === "EDQUOT";
}

const PAUSE_MS = 10;

/** Blocks the process; only for its end. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

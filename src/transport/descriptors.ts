import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";
import type { Logger } from "pino";
import { limits } from "../limits.ts";
import type { Clock, Timer } from "../system/clock.ts";
import { TokenBucket } from "../system/token-bucket.ts";
import type { Listener } from "./endpoint.ts";

interface Options {
  listener: Pick<Listener, "stopAccepting" | "acceptAgain">;
  clock: Clock;
  logger: Logger;
}

/**
 * Stops accepting while the process has no file descriptors left: a connection that waits to be accepted and can't be
 * makes uWebSockets try again and again, and Node's server drops it. Reserves some, so that mail and the store go on.
 */
export class Descriptors {
  readonly #options: Options;
  readonly #warnings: TokenBucket;
  /** Held open so that no socket takes them; empty while nothing is accepted. */
  #reserve: readonly number[];
  #timer: Timer;

  constructor(options: Options) {
    this.#options = options;
    this.#warnings = new TokenBucket(
      { perSecond: 1000 / limits.descriptorWarningMs, burst: 1 },
      options.clock,
    );
    this.#reserve = openDescriptors(limits.descriptorsKept);
    if (this.#reserve.length === 0) this.#refuse();
    this.#timer = this.#checkLater();
  }

  /** Ends the checks, and leaves the listener as it is. */
  stop(): void {
    this.#timer.cancel();
  }

  #checkLater(): Timer {
    return this.#options.clock.after(limits.descriptorCheckMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    if (this.#reserve.length === 0) await this.#accept();
    else if (!isAnyLeft()) this.#refuse();
    this.#timer = this.#checkLater();
  }

  #refuse(): void {
    const { listener, logger } = this.#options;
    listener.stopAccepting();
    closeDescriptors(this.#reserve);
    this.#reserve = [];
    if (this.#warnings.take().kind === "wait") return;
    logger.warn(
      "no file descriptors are left: new connections are refused until clients have gone; raise the limit of open " +
        "files (ulimit -n, or LimitNOFILE in the service), or lower PLUME_MAX_CLIENTS",
    );
  }

  async #accept(): Promise<void> {
    const opened = openDescriptors(limits.descriptorsKept + limits.descriptorsToAccept);
    if (opened.length === 0) return;
    closeDescriptors(opened);
    if (!(await this.#options.listener.acceptAgain())) return; // another program has the port: perhaps not for long
    this.#reserve = openDescriptors(limits.descriptorsKept);
    this.#options.logger.info("file descriptors are there again: new connections are accepted");
  }
}

/** How many files this process may have open; `Infinity` where the system does not tell. */
export function openFilesMax(): number {
  try {
    const [, max] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return Number(max ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Opens `count` descriptors, or none where there are fewer left. */
function openDescriptors(count: number): number[] {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, "r"));
    return opened;
  } catch {
    closeDescriptors(opened);
    return [];
  }
}

function closeDescriptors(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}

function isAnyLeft(): boolean {
  const opened = openDescriptors(1);
  closeDescriptors(opened);
  return opened.length > 0;
}

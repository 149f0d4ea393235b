import { closeSync, openSync } from "node:fs";
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
 * Stops accepting while the process has no descriptors left: a socket that waits to be accepted and can't be makes
 * uWebSockets try again and again, and Node's server drops it. Keeps some, so that mail and the store go on meanwhile.
 */
export class Descriptors {
  readonly #options: Options;
  readonly #warnings: TokenBucket;
  /** Open for nothing, so that no socket takes them; none while nothing is accepted. */
  #kept: readonly number[];
  #timer: Timer;

  constructor(options: Options) {
    this.#options = options;
    this.#warnings = new TokenBucket(
      { perSecond: 1000 / limits.descriptorWarningMs, burst: 1 },
      options.clock,
    );
    this.#kept = take(limits.descriptorsKept);
    if (this.#kept.length === 0) this.#refuse();
    this.#timer = this.#lookLater();
  }

  /** Looks no more, and leaves the listener as it is. */
  stop(): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    return this.#options.clock.after(limits.descriptorCheckMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#kept.length === 0) await this.#accept();
    else if (!isAnyLeft()) this.#refuse();
    this.#timer = this.#lookLater();
  }

  #refuse(): void {
    const { listener, logger } = this.#options;
    listener.stopAccepting();
    giveBack(this.#kept);
    this.#kept = [];
    if (this.#warnings.take().kind === "wait") return;
    logger.warn(
      "no file descriptors are left: new connections are refused until clients have gone; raise the limit of open " +
        "files (ulimit -n, or LimitNOFILE in the service), or lower PLUME_MAX_CLIENTS",
    );
  }

  async #accept(): Promise<void> {
    const taken = take(limits.descriptorsKept + limits.descriptorsToAccept);
    if (taken.length === 0) return;
    giveBack(taken);
    if (!(await this.#options.listener.acceptAgain())) return; // somebody else has the port: perhaps not for long
    this.#kept = take(limits.descriptorsKept);
    this.#options.logger.info("file descriptors are there again: new connections are accepted");
  }
}

/** So many descriptors, or none where there are not so many. */
function take(count: number): number[] {
  const taken: number[] = [];
  try {
    while (taken.length < count) taken.push(openSync(devNull, "r"));
    return taken;
  } catch {
    giveBack(taken);
    return [];
  }
}

function giveBack(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}

function isAnyLeft(): boolean {
  const taken = take(1);
  giveBack(taken);
  return taken.length > 0;
}

import type { Logger } from "pino";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes, Disk } from "./disk.ts";

export type { Changes } from "./disk.ts";

/** Whether changes are durable now, or will never be. */
export type Outcome = "saved" | "failed";

/** Changes that are written together, and who waits for them. */
class Group {
  readonly changes = new Map<string, string | undefined>();
  readonly #waiting: ((outcome: Outcome) => void)[] = [];

  add(changes: Changes): Promise<Outcome> {
    for (const [key, value] of changes) this.changes.set(key, value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  settle(outcome: Outcome): void {
    for (const resolve of this.#waiting) resolve(outcome);
  }
}

/**
 * Saves what rooms and names must not lose. One write is under way at a time; all changes that come meanwhile, or in one
 * turn of the event loop, make one group and the next write: so nobody waits for more than two, however many there are.
 * Bounded by its callers: each has at most one commit under way that it waits for.
 */
export class Store {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #gathering: Group | undefined;
  #life: Promise<void> = Promise.resolve();
  /** When the disk may be tried again, on the clock's monotonic time; undefined while it works. */
  #retryAtMs: number | undefined;

  constructor(disk: Disk, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#disk = disk;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Everything that was saved before, in the order of the keys. For the start, before the first commit. */
  read(): AsyncIterable<readonly [key: string, value: string]> {
    return this.#disk.read();
  }

  /** Settles when the changes are durable, or are known never to be. Commits are done in the order of the calls. */
  commit(changes: Changes): Promise<Outcome> {
    if (this.#gathering === undefined) {
      const group = new Group();
      this.#gathering = group;
      const gathered = new Promise<void>((resolve) => this.#clock.turn(resolve));
      this.#life = Promise.all([this.#life, gathered]).then(() => this.#write(group));
    }
    return this.#gathering.add(changes);
  }

  /** Settles when all that was committed is written. Nothing can be committed any more. */
  async close(): Promise<void> {
    while (this.#gathering !== undefined) await this.#life;
    await this.#life;
    await this.#disk.close();
  }

  async #write(group: Group): Promise<void> {
    this.#gathering = undefined;
    group.settle(
      this.#retryAtMs !== undefined && this.#clock.elapsed() < this.#retryAtMs
        ? "failed"
        : await this.#try(group),
    );
  }

  async #try({ changes }: Group): Promise<Outcome> {
    const written = await this.#disk.write(changes);
    if (written.kind === "saved") {
      if (this.#retryAtMs !== undefined) this.#logger.info("the state can be saved again");
      this.#retryAtMs = undefined;
    } else {
      if (this.#retryAtMs === undefined)
        this.#logger.error({ err: written.cause }, "the state cannot be saved; nobody can post until it can");
      this.#retryAtMs = this.#clock.elapsed() + limits.saveRetryMs;
    }
    return written.kind;
  }
}

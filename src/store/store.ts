import type { Logger } from "pino";
import { WaitList } from "../actor/wait-list.ts";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes, Disk } from "./disk.ts";

export type { Changes } from "./disk.ts";

/** Whether changes are durable now, or will never be. */
export type SaveOutcome = "saved" | "failed";

/** Changes that are written together, and who waits for them: one group commit. */
class CommitGroup {
  readonly changes = new Map<string, string | undefined>();
  readonly #waiting = new WaitList<SaveOutcome>();

  add(changes: Changes): Promise<SaveOutcome> {
    for (const [key, value] of changes) this.changes.set(key, value);
    return this.#waiting.wait();
  }

  settle(outcome: SaveOutcome): void {
    this.#waiting.wake(outcome);
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
  #gathering: CommitGroup | undefined;
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
  commit(changes: Changes): Promise<SaveOutcome> {
    if (this.#gathering === undefined) {
      const group = new CommitGroup();
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

  async #write(group: CommitGroup): Promise<void> {
    this.#gathering = undefined;
    group.settle(
      this.#retryAtMs !== undefined && this.#clock.elapsed() < this.#retryAtMs
        ? "failed"
        : await this.#try(group),
    );
  }

  async #try({ changes }: CommitGroup): Promise<SaveOutcome> {
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

/** A value as JSON; undefined where it is none, which is never written. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

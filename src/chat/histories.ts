import type { Pool } from "../channel/pool.ts";

/** What one room keeps of what was said. */
interface History {
  /** Bytes it has in the pool. */
  readonly keptBytes: number;
  /** Drops a quarter of it, the oldest. */
  shed(): void;
}

/** Where shedding ends, so that it is not done again at once. */
const ENOUGH = 15 / 16;

/**
 * What all rooms keep, together: over the pool's bound the room that keeps most drops its oldest. Who reads that slowly is told,
 * as where the room's own bound is reached.
 */
export class Histories {
  readonly pool: Pool;
  readonly #histories = new Set<History>();

  constructor(pool: Pool) {
    this.pool = pool;
  }

  add(history: History): void {
    this.#histories.add(history);
  }

  delete(history: History): void {
    this.#histories.delete(history);
  }

  /** Makes it fit; called whenever one has grown. */
  fit(): void {
    if (this.pool.used <= this.pool.max) return;
    for (let freed = 1; freed > 0 && this.pool.used > ENOUGH * this.pool.max; ) {
      const before = this.pool.used;
      this.#largest()?.shed();
      freed = before - this.pool.used;
    }
  }

  #largest(): History | undefined {
    let largest: History | undefined;
    for (const history of this.#histories) {
      if (history.keptBytes > (largest?.keptBytes ?? 0)) largest = history;
    }
    return largest;
  }
}

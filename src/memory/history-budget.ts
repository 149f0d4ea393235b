import type { ByteBudget } from "./byte-budget.ts";

/** A room's history as the history budget sees it. */
export interface BudgetedHistory {
  /** Bytes that it has in the budget. */
  readonly keptBytes: number;
  /** Drops the oldest quarter. */
  shed(): void;
}

/** Shedding goes on until no more than this part of the budget is used, so that it does not start again at once. */
const LOW_WATER = 15 / 16;

/**
 * Bytes that all rooms keep together. Over the budget, the room that keeps most drops its oldest messages; a reader that has not
 * got to them is told so, as where the room's own bound is reached.
 */
export class HistoryBudget {
  readonly bytes: ByteBudget;
  readonly #histories = new Set<BudgetedHistory>();

  constructor(bytes: ByteBudget) {
    this.bytes = bytes;
  }

  add(history: BudgetedHistory): void {
    this.#histories.add(history);
  }

  delete(history: BudgetedHistory): void {
    this.#histories.delete(history);
  }

  /** Sheds until everything fits; called whenever a history has grown. */
  fit(): void {
    if (this.bytes.used <= this.bytes.max) return;
    for (let freed = 1; freed > 0 && this.bytes.used > LOW_WATER * this.bytes.max; ) {
      const before = this.bytes.used;
      this.#largest()?.shed();
      freed = before - this.bytes.used;
    }
  }

  #largest(): BudgetedHistory | undefined {
    let largest: BudgetedHistory | undefined;
    for (const history of this.#histories) {
      if (history.keptBytes > (largest?.keptBytes ?? 0)) largest = history;
    }
    return largest;
  }
}

import { wholeNumber } from "./check.ts";

/**
 * How a loop lets others run. Promises alone never let the event loop turn, so a loop that always finds
 * a value waiting, or two that feed each other, would keep sockets and timers from running for ever.
 */
export interface Turn {
  /** Values after which a loop waits for the event loop's next turn. */
  every: number;
  /** Resolves in the event loop's next turn. */
  next(): Promise<void>;
}

/** Counts the values that went through one loop since its last turn. */
export class Pacer {
  readonly #turn: Turn | undefined;
  #count = 0;

  constructor(turn: Turn | undefined) {
    if (turn !== undefined) wholeNumber("turn.every", turn.every, 1);
    this.#turn = turn;
  }

  count(values: number): void {
    this.#count += values;
  }

  /** The turn to wait for before going on, where it is time for one. */
  due(): Promise<void> | undefined {
    if (this.#turn === undefined || this.#count < this.#turn.every) return undefined;
    this.#count = 0;
    return this.#turn.next();
  }
}

import type { Clock } from "../system/clock.ts";

/**
 * Lets so many through in one turn of the event loop, in the order of their coming; the others wait for the next turns. So a
 * crowd that wants something at once leaves time for everybody else in between. Bounded by those who come.
 */
export class Turnstile {
  readonly #perTurn: number;
  readonly #clock: Clock;
  /** How many more may pass in this turn. */
  #left: number;
  /** Those who wait, the first at `#next`. */
  #waiting: (() => void)[] = [];
  #next = 0;
  #isTurning = false;

  constructor(perTurn: number, clock: Clock) {
    this.#perTurn = perTurn;
    this.#left = perTurn;
    this.#clock = clock;
  }

  /** What to wait for before going on; undefined where nothing is in the way. */
  pass(): Promise<void> | undefined {
    this.#turnSoon();
    if (this.#left === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#left -= 1;
    return undefined;
  }

  #turnSoon(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#clock.turn(() => this.#turn());
  }

  #turn(): void {
    this.#isTurning = false;
    const passing = this.#waiting.slice(this.#next, this.#next + this.#perTurn);
    this.#next += passing.length;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    this.#left = this.#perTurn - passing.length;
    if (passing.length > 0) this.#turnSoon();
    for (const pass of passing) pass();
  }
}

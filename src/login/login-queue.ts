import { WaitList } from "../actor/wait-list.ts";
import type { Clock } from "../system/clock.ts";

/**
 * Lets so many logins through in each turn of the event loop, first come, first served. So a crowd that logs in at once leaves
 * time for everybody else in between. Bounded by the number of connections, each of which waits once.
 */
export class LoginQueue {
  readonly #perTurn: number;
  readonly #clock: Clock;
  /** Logins that may still pass in this turn. */
  #left: number;
  readonly #line = new WaitList();
  #isTurning = false;

  constructor(perTurn: number, clock: Clock) {
    this.#perTurn = perTurn;
    this.#left = perTurn;
    this.#clock = clock;
  }

  /** Settles when the login may go on; undefined when it may at once, which costs no promise. */
  pass(): Promise<void> | undefined {
    this.#turnSoon();
    if (this.#left === 0) return this.#line.wait();
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
    const passed = this.#line.wake(undefined, this.#perTurn);
    this.#left = this.#perTurn - passed;
    if (passed > 0) this.#turnSoon();
  }
}

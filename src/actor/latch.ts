import { WaitList } from "./wait-list.ts";

/** An event that happens once. Waiters from before and after are told. */
export class Latch {
  #isOpen = false;
  readonly #waiting = new WaitList();

  /** The event has happened. Again: does nothing. */
  open(): void {
    this.#isOpen = true;
    this.#waiting.wake(undefined);
  }

  /** Settles when the event has happened. */
  opened(): Promise<void> {
    return this.#isOpen ? Promise.resolve() : this.#waiting.wait();
  }
}

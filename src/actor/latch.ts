/** An event that happens once. Waiters from before and after are told. A latch nobody waits for holds no list. */
export class Latch {
  #isOpen = false;
  #waiting: (() => void)[] | undefined;

  /** The event has happened. Again: does nothing. */
  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting ?? []) resolve();
    this.#waiting = undefined;
  }

  /** Settles when the event has happened. */
  opened(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }
}

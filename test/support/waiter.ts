/** How long a test waits for one thing where the time itself is not what it tests, in ms: long, for the machine may be busy. */
export const PATIENCE_MS = 15_000;

/** Waits, up to a time limit, for what comes by callbacks. One waits at a time: a second one is refused. */
export class Waiter {
  #wake: () => void = () => {};
  #isWaiting = false;

  /** Something has come: whoever waits looks again. */
  wake(): void {
    this.#wake();
  }

  /**
   * Looks now and after each `wake` until there is something to give.
   * @param complaint what is said when nothing has come in time.
   */
  async until<T>(look: () => T | undefined, complaint: string, timeoutMs = PATIENCE_MS): Promise<T> {
    if (this.#isWaiting) throw new Error("somebody else waits here already");
    const there = look();
    if (there !== undefined) return there; // mostly so; a timer for each of many messages would cost more than they do
    this.#isWaiting = true;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, timeoutMs);
    try {
      for (let found = look(); ; found = look()) {
        if (found !== undefined) return found;
        if (isLate) throw new Error(`${complaint} in ${timeoutMs} ms`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      this.#isWaiting = false;
    }
  }
}

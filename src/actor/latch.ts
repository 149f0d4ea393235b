/** Something that happens once. Whoever waits for it, before or after, hears of it; until somebody waits it costs next to nothing. */
export class Latch {
  #isOpen = false;
  #waiting: (() => void)[] | undefined;

  /** It has happened. Again: does nothing. */
  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting ?? []) resolve();
    this.#waiting = undefined;
  }

  /** Settles when it has happened. */
  opened(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }
}

/** What people write who need no bound, no end and one receiver: an array, and a promise that wakes who waits for it. */
export class Queue<T> {
  items: T[] = [];
  #wake: () => void = () => {};

  push(item: T): void {
    this.items.push(item);
    if (this.items.length === 1) this.#wake();
  }

  /** Settles when something is there. Only for one who has found nothing. */
  filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Takes everything. */
  swap(): T[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}

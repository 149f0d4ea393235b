/**
 * Those who wait for the same thing, in the order of their coming. While nobody waits it is an empty array. Its owner bounds
 * how many there are.
 */
export class WaitList<T = void> {
  #waiting: ((value: T) => void)[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Settles when this waiter is woken, with what it is given. */
  wait(): Promise<T> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes the first `count` of them, all unless told. Returns how many there were. */
  wake(value: T, count = this.#waiting.length): number {
    const woken = this.#waiting.splice(0, count);
    for (const resolve of woken) resolve(value);
    return woken.length;
  }
}

/** A follower that waits for something new. */
export interface Parked {
  wake(): void;
}

/**
 * Where the followers of one log wait. They are woken all together and once per turn of the event loop,
 * however many entries were appended in it; with nobody parked, nothing is scheduled.
 */
export class Parking {
  readonly #turn: (callback: () => void) => void;
  #parked = new Set<Parked>();
  #scheduled = false;
  #items = 0;
  #bytes = 0;

  constructor(turn: (callback: () => void) => void) {
    this.#turn = turn;
  }

  get size(): number {
    return this.#parked.size;
  }

  /** What the one that has been parked longest has not seen; 0 with nobody parked. */
  get unseen(): { items: number; bytes: number } {
    return this.size === 0 ? { items: 0, bytes: 0 } : { items: this.#items, bytes: this.#bytes };
  }

  enter(parked: Parked): void {
    if (this.#parked.size === 0) {
      this.#items = 0;
      this.#bytes = 0;
    }
    this.#parked.add(parked);
  }

  leave(parked: Parked): void {
    this.#parked.delete(parked);
  }

  /** Counts an entry, and sees to it that the parked hear of it in the next turn. */
  appended(bytes: number): void {
    this.#items += 1;
    this.#bytes += bytes;
    if (this.#scheduled || this.#parked.size === 0) return;
    this.#scheduled = true;
    this.#turn(() => {
      this.#scheduled = false;
      this.wakeAll();
    });
  }

  wakeAll(): void {
    const woken = this.#parked;
    this.#parked = new Set();
    for (const parked of woken) parked.wake();
  }
}

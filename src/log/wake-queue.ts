/** A follower that waits for something new. */
export interface Waiter {
  wake(): void;
}

/** Followers woken in one turn, with what they do then: a few ms. The rest follow in the next turns. */
const wakesPerTurn = 256;

/** Those who began to wait while the ones before them were being woken, and how much none of them has seen. */
class Rank {
  readonly waiters = new Set<Waiter>();
  items = 0;
  bytes = 0;

  enter(waiter: Waiter): void {
    if (this.waiters.size === 0) {
      this.items = 0;
      this.bytes = 0;
    }
    this.waiters.add(waiter);
  }

  appended(bytes: number): void {
    this.items += 1;
    this.bytes += bytes;
  }
}

/**
 * Where the followers of one log wait. They are woken in the order of their coming, and once for however many entries
 * were appended until it is their turn; so many at a time that a crowd never holds up the event loop for long. While
 * nobody waits, nothing is scheduled.
 */
export class WakeQueue {
  readonly #turn: (callback: () => void) => void;
  /** Those whose turn it is. */
  #front = new Rank();
  /** Those who have come since. */
  #back = new Rank();
  #scheduled = false;
  /** Something was appended that those at the back may not have seen. */
  #hasNews = false;

  constructor(turn: (callback: () => void) => void) {
    this.#turn = turn;
  }

  get size(): number {
    return this.#front.waiters.size + this.#back.waiters.size;
  }

  /** What the one that has waited longest has not seen; 0 while nobody waits. */
  get unseen(): { items: number; bytes: number } {
    const longest = this.#front.waiters.size > 0 ? this.#front : this.#back;
    return longest.waiters.size === 0 ? { items: 0, bytes: 0 } : longest;
  }

  enter(waiter: Waiter): void {
    this.#back.enter(waiter);
  }

  leave(waiter: Waiter): void {
    this.#front.waiters.delete(waiter);
    this.#back.waiters.delete(waiter);
  }

  /** Counts an entry, and wakes those who wait in the next turns. */
  appended(bytes: number): void {
    this.#front.appended(bytes);
    this.#back.appended(bytes);
    this.wakeSoon();
  }

  /** Wakes those who wait in the next turns. */
  wakeSoon(): void {
    this.#hasNews = true;
    if (!this.#scheduled && this.size > 0) this.#schedule();
  }

  /** Wakes everybody now. */
  wakeAll(): void {
    const woken = [...this.#front.waiters, ...this.#back.waiters];
    this.#front = new Rank();
    this.#back = new Rank();
    for (const waiter of woken) waiter.wake();
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#turn(() => {
      this.#scheduled = false;
      this.#wakeSome();
    });
  }

  #wakeSome(): void {
    if (this.#front.waiters.size === 0) this.#moveUp();
    const { waiters } = this.#front;
    let left = wakesPerTurn;
    for (const waiter of waiters) {
      if (left === 0) break;
      left -= 1;
      waiters.delete(waiter);
      waiter.wake();
    }
    if (waiters.size > 0 || (this.#hasNews && this.size > 0)) this.#schedule();
  }

  #moveUp(): void {
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#hasNews = false;
  }
}

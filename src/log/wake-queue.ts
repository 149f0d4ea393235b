/** A follower that waits for something new. */
export interface Waiter {
  wake(): void;
}

/** Followers woken in one turn, with what they do then: a few ms. The rest follow in the next turns. */
const wakesPerTurn = 256;

/** Those who parked while the ones before them were being woken, and what none of them has seen. */
class Rank {
  readonly parked = new Set<Waiter>();
  items = 0;
  bytes = 0;

  enter(parked: Waiter): void {
    if (this.parked.size === 0) {
      this.items = 0;
      this.bytes = 0;
    }
    this.parked.add(parked);
  }

  appended(bytes: number): void {
    this.items += 1;
    this.bytes += bytes;
  }
}

/**
 * Where the followers of one log wait. They are woken in the order of their coming, and once for however many entries
 * were appended until it is their turn; so many at a time that a crowd never holds up the event loop for long. With
 * nobody parked, nothing is scheduled.
 */
export class WakeQueue {
  readonly #turn: (callback: () => void) => void;
  /** Those whose turn it is. */
  #front = new Rank();
  /** Those who have parked since. */
  #back = new Rank();
  #scheduled = false;
  /** Something was appended that those at the back may not have seen. */
  #hasNews = false;

  constructor(turn: (callback: () => void) => void) {
    this.#turn = turn;
  }

  get size(): number {
    return this.#front.parked.size + this.#back.parked.size;
  }

  /** What the one that has been parked longest has not seen; 0 with nobody parked. */
  get unseen(): { items: number; bytes: number } {
    const longest = this.#front.parked.size > 0 ? this.#front : this.#back;
    return longest.parked.size === 0 ? { items: 0, bytes: 0 } : longest;
  }

  enter(parked: Waiter): void {
    this.#back.enter(parked);
  }

  leave(parked: Waiter): void {
    this.#front.parked.delete(parked);
    this.#back.parked.delete(parked);
  }

  /** Counts an entry, and sees to it that the parked hear of it in the next turns. */
  appended(bytes: number): void {
    this.#front.appended(bytes);
    this.#back.appended(bytes);
    this.nudged();
  }

  /** Sees to it that the parked look again in the next turns. */
  nudged(): void {
    this.#hasNews = true;
    if (!this.#scheduled && this.size > 0) this.#schedule();
  }

  /** Wakes everybody now. */
  wakeAll(): void {
    const woken = [...this.#front.parked, ...this.#back.parked];
    this.#front = new Rank();
    this.#back = new Rank();
    for (const parked of woken) parked.wake();
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#turn(() => {
      this.#scheduled = false;
      this.#wakeSome();
    });
  }

  #wakeSome(): void {
    if (this.#front.parked.size === 0) this.#moveUp();
    const { parked } = this.#front;
    let left = wakesPerTurn;
    for (const one of parked) {
      if (left === 0) break;
      left -= 1;
      parked.delete(one);
      one.wake();
    }
    if (parked.size > 0 || (this.#hasNews && this.size > 0)) this.#schedule();
  }

  #moveUp(): void {
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#hasNews = false;
  }
}

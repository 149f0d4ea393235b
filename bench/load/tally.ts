/**
 * Checks what each client got. Lines are numbered 0, 1, 2 …, and their senders take turns, so that a client's next line
 * of a sender is always the one `senders` later: in the good case a comparison each.
 */
export class Tally {
  readonly #senders: number;
  /** The number that comes next, by client and sender. */
  readonly #next: Int32Array;
  /** Numbers that were skipped and may still come, by client. */
  readonly #skipped = new Map<number, Set<number>>();
  /** Deliveries, each line and client once. */
  delivered = 0;
  doubled = 0;
  reordered = 0;

  constructor(clients: number, senders: number) {
    this.#senders = senders;
    this.#next = Int32Array.from({ length: clients * senders }, (_, at) => at % senders);
  }

  /** A client got a line. */
  take(client: number, number: number): void {
    const at = client * this.#senders + (number % this.#senders);
    const next = this.#next[at] ?? 0;
    if (number < next) {
      this.#takeLate(client, number);
      return;
    }
    if (number > next) this.#skip(client, next, number);
    this.#next[at] = number + this.#senders;
    this.delivered += 1;
  }

  /** Tells of each delivery that has not come. @param sent lines sent so far. */
  eachMissing(sent: number, tell: (client: number, number: number) => void): void {
    for (const [client, skipped] of this.#skipped) for (const number of skipped) tell(client, number);
    for (const [at, next] of this.#next.entries()) {
      for (let number = next; number < sent; number += this.#senders) {
        tell(Math.floor(at / this.#senders), number);
      }
    }
  }

  #skip(client: number, from: number, to: number): void {
    const skipped = this.#skipped.get(client) ?? new Set();
    this.#skipped.set(client, skipped);
    for (let number = from; number < to; number += this.#senders) skipped.add(number);
  }

  #takeLate(client: number, number: number): void {
    const wasSkipped = this.#skipped.get(client)?.delete(number) ?? false;
    if (wasSkipped) {
      this.reordered += 1;
      this.delivered += 1;
    } else {
      this.doubled += 1;
    }
  }
}

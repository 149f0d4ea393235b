import { Int32Histogram } from "hdr-histogram-js";

/**
 * Checks that each client gets each line once and in order. Lines are numbered 0, 1, 2 … and their senders take turns, so
 * a client's next line of a sender is always the one `senders` later: in the good case that is one comparison.
 */
export class Deliveries {
  readonly #senders: number;
  /** The number that comes next, by client and sender. */
  readonly #next: Int32Array;
  /** Numbers that were skipped and may still come, by client. */
  readonly #skipped = new Map<number, Set<number>>();
  /** Deliveries, each line and client once. */
  count = 0;
  doubled = 0;
  reordered = 0;

  constructor(clients: number, senders: number) {
    this.#senders = senders;
    this.#next = Int32Array.from({ length: clients * senders }, (_, at) => at % senders);
  }

  /** Counts a line that a client got. */
  take(client: number, number: number): void {
    const at = client * this.#senders + (number % this.#senders);
    const next = this.#next[at] ?? 0;
    if (number < next) {
      this.#takeLate(client, number);
      return;
    }
    if (number > next) this.#skip(client, next, number);
    this.#next[at] = number + this.#senders;
    this.count += 1;
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
      this.count += 1;
    } else {
      this.doubled += 1;
    }
  }
}

/** Two hours: longer than anybody waits for a delivery. */
const LATENCY_US_MAX = 7_200_000_000;

/** Latencies from when a line was due to when it came, to three digits. */
export class Latencies {
  readonly #histogram = new Int32Histogram(1, LATENCY_US_MAX, 3);

  record(latencyUs: number): void {
    this.#histogram.recordValue(Math.min(Math.max(1, latencyUs), LATENCY_US_MAX));
  }

  add(others: Latencies): void {
    this.#histogram.add(others.#histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** 0 where nothing was recorded. */
  percentileMs(percentile: number): number {
    return this.#histogram.getValueAtPercentile(percentile) / 1000;
  }

  /** How many took how long, in µs, shortest first. */
  *recorded(): Generator<{ latencyUs: number; count: number }> {
    const values = this.#histogram.recordedValuesIterator;
    values.reset();
    while (values.hasNext()) {
      const { valueIteratedTo: latencyUs, countAtValueIteratedTo: count } = values.next();
      yield { latencyUs, count };
    }
  }
}

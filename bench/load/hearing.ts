import { build, type Histogram } from "hdr-histogram-js";
import { dueUsOf, numberOf } from "./line.ts";
import { Tally } from "./tally.ts";

/** Two hours: longer than any run. */
const LATENCY_US_MAX = 7_200_000_000;

/** What all clients hear: it is counted and checked, and some of it is timed. */
export class Hearing {
  readonly tally: Tally;
  /** From when a timed line was to be sent to when it came. */
  latencyUs = newHistogram();
  /** When the newest timed line came, ms of this process's clock. */
  timedAtMs = 0;
  /** One line in so many is timed; other ones for each client, so that none is left out. */
  #timedEvery = 1;

  constructor(clients: number, senders: number) {
    this.tally = new Tally(clients, senders);
  }

  /** Forgets the times so far. @param every one line in so many is timed from now on. */
  timeAfresh(every: number): void {
    this.latencyUs = newHistogram();
    this.#timedEvery = every;
  }

  /** A line came, its text from `textAt` on. */
  line(client: number, bytes: Buffer, textAt: number): void {
    const number = numberOf(bytes, textAt);
    this.tally.take(client, number);
    if ((number + client) % this.#timedEvery !== 0) return;
    this.timedAtMs = performance.now();
    this.#record(Math.round(1000 * this.timedAtMs) - dueUsOf(bytes, textAt));
  }

  /** What has not come counts as waited for until now, or the slowest server would have the best times. */
  recordMissing(sent: number, dueMsOf: (number: number) => number): void {
    const nowMs = performance.now();
    this.tally.eachMissing(sent, (client, number) => {
      if ((number + client) % this.#timedEvery === 0) {
        this.#record(Math.round(1000 * (nowMs - dueMsOf(number))));
      }
    });
  }

  #record(latencyUs: number): void {
    this.latencyUs.recordValue(Math.min(Math.max(1, latencyUs), LATENCY_US_MAX));
  }
}

function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: 3,
  });
}

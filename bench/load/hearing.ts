import { createHistogram } from "node:perf_hooks";
import { dueUsOf, isLine, numberOf } from "./line.ts";
import { Tally } from "./tally.ts";

/** Different remarks that are kept. */
const REMARKS_MAX = 8;
/** Two hours in µs: longer than any run. */
const LATENCY_US_MAX = 7_200_000_000;

/** What all clients hear: it is counted and checked, and some of it is timed. */
export class Hearing {
  readonly tally: Tally;
  readonly remarks: Record<string, number> = {};
  /** When the newest line came, ms of this process's clock. */
  lastAtMs = 0;
  latencyUs = newHistogram();
  /** One delivery in so many is timed; another one for each client, so that all lines are. */
  #timedEvery = 1;

  constructor(clients: number, senders: number) {
    this.tally = new Tally(clients, senders);
  }

  /** Forgets the latencies, and times so many deliveries a second at most. */
  time(deliveriesPerSecond: number, timedPerSecond: number): void {
    this.latencyUs = newHistogram();
    this.#timedEvery = Math.ceil(deliveriesPerSecond / timedPerSecond);
  }

  /** A frame came. Its payload is in `bytes` until this returns. */
  text(client: number, bytes: Buffer, start: number, end: number): void {
    if (!isLine(bytes, start, end)) return this.remark(bytes.toString("utf8", start, end));
    const number = numberOf(bytes, start);
    this.tally.take(client, number);
    if ((number + client) % this.#timedEvery !== 0) return;
    this.lastAtMs = performance.now();
    this.latencyUs.record(Math.max(1, Math.round(1000 * this.lastAtMs) - dueUsOf(bytes, start)));
  }

  remark(remark: string): void {
    const known = this.remarks[remark];
    if (known === undefined && Object.keys(this.remarks).length >= REMARKS_MAX) return;
    this.remarks[remark] = (known ?? 0) + 1;
  }
}

function newHistogram() {
  return createHistogram({ lowest: 1, highest: LATENCY_US_MAX, figures: 3 });
}

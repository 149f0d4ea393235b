import { createHistogram } from "node:perf_hooks";
import { BOT_NAME } from "../../src/protocol/message.ts";
import { parseServerMessage } from "../../src/protocol/parse.ts";
import { dueUsOf, isLine, numberOf } from "./line.ts";
import { Tally } from "./tally.ts";

/** Different remarks that are kept. */
const REMARKS_MAX = 8;
/** Two hours: longer than any run. */
const LATENCY_US_MAX = 7_200_000_000;

/** What all clients hear: it is counted and checked, and some of it is timed. */
export class Hearing {
  readonly tally: Tally;
  /** From when a timed line was to be sent to when it came. */
  latencyUs = newHistogram();
  /** What the house said beside the lines, and how clients were closed, each with how often. */
  readonly remarks: Record<string, number> = {};
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

  /** A frame came. Its payload is in `bytes` until this returns. */
  text(client: number, bytes: Buffer, start: number, end: number): void {
    if (!isLine(bytes, start, end)) {
      this.#hearOther(bytes.toString("utf8", start, end));
      return;
    }
    const number = numberOf(bytes, start);
    this.tally.take(client, number);
    if ((number + client) % this.#timedEvery !== 0) return;
    this.timedAtMs = performance.now();
    this.latencyUs.record(Math.max(1, Math.round(1000 * this.timedAtMs) - dueUsOf(bytes, start)));
  }

  /** The house speaks to one client; that others come and go is said to all, and nothing to remark. */
  #hearOther(frame: string): void {
    const parsed = parseServerMessage(frame);
    if (parsed.kind !== "message") this.remark(`${parsed.problem}: ${frame}`);
    else if (parsed.message.user.name === BOT_NAME) this.remark(parsed.message.text);
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

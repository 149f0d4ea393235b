import { Int32Histogram } from "hdr-histogram-js";
import { Tally } from "../load/tally.ts";

/** How much is asked for in one stretch of a run. */
export interface Load {
  clients: number;
  rooms: number;
  /** Lines a second in each room. */
  rate: number;
  seconds: number;
}

/** Who is there when a step begins. */
export interface Seating {
  /** The number of its first line, in every room. */
  first: number;
  rooms: readonly string[];
  /** Guests that talk, in turn. */
  senders: readonly number[];
  /** Guests in all; some of them may be gone. */
  seats: number;
  /** Guests that are in: they have to get every line. */
  audience: number;
}

/** One stretch of a run, and what came of it. */
export class Step {
  readonly load: Load;
  readonly seating: Seating;
  readonly latencyUs = newHistogram();
  /** Lines that were sent, and those of them that the server told it did not take. */
  sent = 0;
  refused = 0;
  /** How long lines were sent. */
  lastedMs = 0;
  /** What was heard of each room, and where in the senders' turn it began: another place in each, for an even pace. */
  readonly #rooms: ReadonlyMap<string, { tally: Tally; shift: number }>;

  constructor(load: Load, seating: Seating) {
    this.load = load;
    this.seating = seating;
    const { rooms, senders, seats } = seating;
    this.#rooms = new Map(
      rooms.map((room, at) => {
        const shift = Math.floor((at * senders.length) / rooms.length);
        return [room, { tally: new Tally(seats, senders.length), shift }];
      }),
    );
  }

  has(number: number): boolean {
    return number >= this.seating.first;
  }

  /** The guest that says a line. */
  senderOf(room: string, number: number): number | undefined {
    const { first, senders } = this.seating;
    const shift = this.#rooms.get(room)?.shift ?? 0;
    return senders[(number - first + shift) % senders.length];
  }

  /** A guest got a line. */
  take(guest: number, room: string, number: number, latencyUs: number): void {
    const { first, seats } = this.seating;
    const tally = this.#rooms.get(room)?.tally;
    // A guest that came later hears of it from the room's history.
    if (tally === undefined || guest >= seats) return;
    const before = tally.delivered;
    tally.take(guest, number - first);
    if (tally.delivered > before)
      this.latencyUs.recordValue(Math.min(Math.max(1, latencyUs), LATENCY_US_MAX));
  }

  get delivered(): number {
    return this.#sum("delivered");
  }

  /** Deliveries that have not come. A guest that was closed has lost what came after. */
  get missing(): number {
    return Math.max(0, (this.sent - this.refused) * this.seating.audience - this.delivered);
  }

  get doubled(): number {
    return this.#sum("doubled");
  }

  get reordered(): number {
    return this.#sum("reordered");
  }

  #sum(count: "delivered" | "doubled" | "reordered"): number {
    return [...this.#rooms.values()].reduce((sum, { tally }) => sum + tally[count], 0);
  }
}

export function newHistogram(): Int32Histogram {
  return new Int32Histogram(1, LATENCY_US_MAX, 3);
}

/** Two hours: longer than anybody waits for a delivery. */
const LATENCY_US_MAX = 7_200_000_000;

import { Int32Histogram } from "hdr-histogram-js";

/**
 * The text of a numbered line: number, intended time of sending, and padding, so that all have the same length and both
 * numbers stand at the same place. A load process reads them from the bytes: to parse JSON would cost it more than the
 * delivery costs the server.
 * @param dueUs µs of this process's clock. @param prefix what tells the lines of one run from those of others.
 */
export function lineText(number: number, dueUs: number, prefix = ""): string {
  return `${prefix}${padded(number, NUMBER_DIGITS)} ${padded(dueUs, DUE_DIGITS)} `.padEnd(TEXT_BYTES, "~");
}

/** A client's name. All have the same length. */
export function nameOf(client: number): string {
  return `load${padded(client, NAME_DIGITS)}`;
}

/** Clients that can have a name. */
export const CLIENTS_MAX = 99_999;

/** UTF-8 bytes of a line's text: about what people type. */
export const TEXT_BYTES = 64;

/** Whether a numbered text begins there: no other text in a measured room begins with a digit. */
export function isDigit(bytes: Buffer, at: number): boolean {
  const byte = bytes[at] ?? 0;
  return byte >= ZERO && byte <= NINE;
}

/** The number of the line whose text, which has no prefix, begins at `textAt`. */
export function numberOf(bytes: Buffer, textAt: number): number {
  return readDigits(bytes, textAt, NUMBER_DIGITS);
}

/** When that line was due, in µs of the load process's clock. */
export function dueUsOf(bytes: Buffer, textAt: number): number {
  return readDigits(bytes, textAt + NUMBER_DIGITS + 1, DUE_DIGITS);
}

/** What the text of a received line turned out to be. */
export type LineContent =
  /** A line of this run, with when it was due, in µs of this process's clock. */
  | { kind: "line"; number: number; dueUs: number }
  /** The question whether everybody hears. */
  | { kind: "probe" }
  /** A line of somebody else, or of an earlier run. */
  | { kind: "foreign" };

/** The lines of one run in rooms where others talk too: a prefix tells them from all others. */
export class RunLines {
  /** A line that asks whether everybody hears. */
  readonly probe: string;
  readonly #prefix: string;

  /** @param run a name for the run, without spaces. */
  constructor(run: string) {
    this.#prefix = `load ${run} `;
    this.probe = `${this.#prefix}ready`;
  }

  write(number: number, dueUs: number): string {
    return lineText(number, dueUs, this.#prefix);
  }

  /** An idempotency key that no other run uses: a room that knows one takes the line for a repetition. */
  nonce(number: number): string {
    return `${this.#prefix}${number}`;
  }

  /** The number of the line with that nonce; -1 where it is none of this run. */
  numberOf(nonce: string): number {
    return nonce.startsWith(this.#prefix) ? Number(nonce.slice(this.#prefix.length)) : -1;
  }

  read(text: string): LineContent {
    if (!text.startsWith(this.#prefix)) return { kind: "foreign" };
    if (text === this.probe) return { kind: "probe" };
    const [number, dueUs] = text.slice(this.#prefix.length).split(" ", 2).map(Number);
    if (number === undefined || dueUs === undefined) return { kind: "foreign" };
    return { kind: "line", number, dueUs };
  }
}

const NAME_DIGITS = 5;
/** Enough for the lines of a minute at 10 million a second. */
const NUMBER_DIGITS = 9;
/** Enough for two hours in a load process; a run of the load test may take more digits. */
const DUE_DIGITS = 10;

const ZERO = 48;
const NINE = 57;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

function readDigits(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i += 1) value = 10 * value + (bytes[i] ?? 0) - ZERO;
  return value;
}

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

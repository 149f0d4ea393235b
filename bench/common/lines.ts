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

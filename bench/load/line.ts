/**
 * The text of a line of the load: number, intended time of sending, and padding, so that all have the same length and
 * both numbers stand at the same place. They are read from the bytes, for parsing JSON would cost more than the server.
 */
export function lineText(number: number, dueUs: number): string {
  return `${padded(number, NUMBER_DIGITS)} ${padded(dueUs, DUE_DIGITS)} `.padEnd(TEXT_BYTES, "~");
}

/** A client's name. All have the same length. */
export function nameOf(client: number): string {
  return `load${padded(client, NAME_DIGITS)}`;
}

/** Clients that can have a name. */
export const CLIENTS_MAX = 99_999;

/** UTF-8 bytes of a line's text: about what people type. */
export const TEXT_BYTES = 64;

/** Whether a text of ours begins there: nobody else's begins with a digit. */
export function isDigit(bytes: Buffer, at: number): boolean {
  const byte = bytes[at] ?? 0;
  return byte >= ZERO && byte <= NINE;
}

/** The number of the line whose text begins at `textAt`. */
export function numberOf(bytes: Buffer, textAt: number): number {
  return readDigits(bytes, textAt, NUMBER_DIGITS);
}

/** When it was to be sent, µs of the load process's clock. */
export function dueUsOf(bytes: Buffer, textAt: number): number {
  return readDigits(bytes, textAt + NUMBER_DIGITS + 1, DUE_DIGITS);
}

const NAME_DIGITS = 5;
/** Enough for the lines of a minute at 10 million a second. */
const NUMBER_DIGITS = 9;
/** Enough for two hours. */
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

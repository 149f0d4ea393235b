import { encodeMessage, MessageType } from "../../src/protocol/message.ts";

/**
 * A line of the load: number, intended time of sending, and padding, so that every frame has the same length and
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
export const CLIENTS_MAX = 9_999;
/** Whether a frame's payload is a line of the load and not of the house's: only ours begin with a digit at that length. */
export function isLine(bytes: Buffer, start: number, end: number): boolean {
  return end - start === LINE_BYTES && bytes.readUInt8(start + TEXT_AT) <= NINE;
}

/** The number of a line whose payload begins at `start`. */
export function numberOf(bytes: Buffer, start: number): number {
  return readDigits(bytes, start + TEXT_AT, NUMBER_DIGITS);
}

/** When it was to be sent, µs of the load process's clock. */
export function dueUsOf(bytes: Buffer, start: number): number {
  return readDigits(bytes, start + DUE_AT, DUE_DIGITS);
}

const NAME_DIGITS = 4;
/** Enough for the lines of a minute at 10 million a second. */
const NUMBER_DIGITS = 9;
/** Enough for two hours. */
const DUE_DIGITS = 10;
/** UTF-8 bytes of a line: about what people type. */
const TEXT_BYTES = 64;

const emptyLine = encodeMessage({ type: MessageType.Text, user: { name: nameOf(0) }, text: "" });
const TEXT_AT = emptyLine.length - '"}'.length;
const DUE_AT = TEXT_AT + NUMBER_DIGITS + 1;
/** The payload of every line. */
const LINE_BYTES = emptyLine.length + TEXT_BYTES;

const ZERO = 48;
const NINE = 57;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

function readDigits(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i += 1) value = 10 * value + bytes.readUInt8(i) - ZERO;
  return value;
}

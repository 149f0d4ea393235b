/** What a case sends after it has logged in, and what has to come of it. */
export interface FrameCase {
  name: string;
  bytes: Buffer;
  outcome: Outcome;
}

/** `lines` is what the room hears of it, in order, whatever the outcome. */
export type Outcome =
  /** The connection goes on; each ping is answered with its payload. */
  | { kind: "heard"; lines: readonly string[]; pongs: readonly string[] }
  /** The server ends it in one of these ways. */
  | { kind: "ended"; lines: readonly string[]; ways: readonly Way[] }
  /** The RFC forbids it to the sender and does not say what a receiver does: heard, or ended and not heard. */
  | { kind: "either"; lines: readonly string[]; ways: readonly Way[] };

/** The code of a close frame, one that has none, or an end of the TCP stream without a close frame. */
export type Way = number | "no code" | "dropped";

export function heard(lines: readonly string[], pongs: readonly string[] = []): Outcome {
  return { kind: "heard", lines, pongs };
}

/** With exactly this code. */
export function closed(code: number | "no code", lines: readonly string[] = []): Outcome {
  return { kind: "ended", lines, ways: [code] };
}

/** As the client's close frame asks for: "typically" its code comes back (RFC 6455, 5.5.1), which leaves a choice. */
export function echoed(code: number): Outcome {
  return { kind: "ended", lines: [], ways: [code, "no code"] };
}

/**
 * "_Fail the WebSocket Connection_" (RFC 6455, 7.1.7): the server should say one of these codes, may leave it out, and
 * may as well drop the connection.
 */
export function failed(codes: number | readonly number[], lines: readonly string[] = []): Outcome {
  return { kind: "ended", lines, ways: [codes, "no code" as const, "dropped" as const].flat() };
}

export function heardOrFailed(code: number, lines: readonly string[]): Outcome {
  return { kind: "either", lines, ways: [code, "no code", "dropped"] };
}

/** A line as the client's JSON, padded with spaces, which JSON ignores, to so many bytes. */
export function say(line: string, bytes = 0): string {
  const json = JSON.stringify({ type: 1, text: line });
  return json + " ".repeat(Math.max(0, bytes - Buffer.byteLength(json)));
}

import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from "pino";
import { prettyFactory } from "pino-pretty";
import { printable } from "./printable.ts";

/** From the most to the least; what is less severe is not written. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface LoggerSetup {
  level: LogLevel;
  /** Whether a person reads along: coloured lines instead of JSON. */
  terminal: boolean;
  /** Where lines go, one `write` each. */
  destination: DestinationStream;
}

/**
 * One JSON object a line. What came from outside belongs in fields, not in the message; nothing in a line can act on
 * a terminal or look like another line.
 */
export function createLogger({ level, terminal, destination }: LoggerSetup): Logger {
  const format = terminal ? prettyLine() : printableLine;
  return pino({ ...options, level }, { write: (line) => destination.write(format(line)) });
}

/** Never logged on purpose; blanked where somebody logs a whole object by mistake. */
const secrets = ["loginCode", "token", "secret", "password", "email", "text"];

const options: LoggerOptions = {
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  serializers: { err: stdSerializers.errWithCause },
  redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
};

/** JSON escapes control characters itself; this escapes the rest, as JSON does, so that the line means the same. */
function printableLine(line: string): string {
  return `${printable(line.trimEnd())}\n`;
}

function prettyLine(): (line: string) => string {
  const format = prettyFactory({ colorize: true, translateTime: "SYS:HH:MM:ss.l" });
  return (line) => format(showEscapes(printableLine(line))) ?? line;
}

/** Escapes JSON's escapes of unprintable characters, so that a person reads `\u001b` where a terminal would act on it. */
function showEscapes(line: string): string {
  return line.replace(/\\(?:u[0-9a-f]{4}|.)/gi, (written) =>
    /^\\[ubfr]/.test(written) ? `\\${written}` : written,
  );
}

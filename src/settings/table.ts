/** The only place where a setting is declared: flags, environment, help, defaults, checks and the docs' table come from here. */

import { limits } from "../limits.ts";
import { inMib, memoryCeiling } from "../memory/ceiling.ts";
import type { LogLevel } from "../system/logger.ts";
import type { Network } from "../system/network.ts";
import type { SmtpRelay } from "../system/smtp-url.ts";
import {
  directoryPath,
  filePath,
  listenHost,
  mailAddress,
  networks,
  oneOf,
  origins,
  smtpUrl,
  type ValueKind,
  whole,
} from "./values.ts";

/** One setting: a flag, `--port`, and the same in the environment, `PLUME_PORT`; the flag wins. */
export interface Setting<T> {
  readonly flag: string;
  readonly environment: string;
  /** The value's name in the help: `<n>`. */
  readonly placeholder: string;
  /** What the value counts or is. */
  readonly unit: string;
  readonly meaning: string;
  readonly fallback: T;
  /** The fallback for people. */
  readonly fallbackText: string;
  readonly kind: ValueKind<T>;
}

export type TransportName = "uws" | "ws";

const defaultMib = inMib(
  memoryCeiling({ connectionsMax: limits.connectionsMax, memoryBytes: undefined, state: { kind: "memory" } })
    .bytes,
);

export const settingsTable = {
  host: setting("--host", "<address>", {
    unit: "address",
    meaning: "where to listen; 0.0.0.0 or :: is every network",
    fallback: "127.0.0.1",
    kind: listenHost,
  }),
  port: setting("--port", "<n>", {
    unit: "TCP port",
    meaning: "where to listen",
    fallback: 4884,
    kind: whole(0, 65_535, "any free port"),
  }),
  adminPort: setting<number | undefined>("--admin-port", "<n>", {
    unit: "TCP port",
    meaning: "where /metrics, /livez and /readyz are, for this machine alone",
    fallback: undefined,
    fallbackText: "off",
    kind: whole(1, 65_535),
  }),
  origins: setting<readonly string[] | undefined>("--origins", "<list>", {
    unit: "origins",
    meaning: "the pages that may connect",
    fallback: undefined,
    fallbackText: "the server's own",
    kind: origins,
  }),
  smtpUrl: setting<SmtpRelay | undefined>("--smtp-url", "<url>", {
    unit: "URL",
    meaning:
      "the server that sends login codes, over TLS unless it is on this machine; better in the environment, for a flag shows in the process list",
    fallback: undefined,
    fallbackText: "login codes are printed to the terminal, which NODE_ENV=production refuses",
    kind: smtpUrl,
  }),
  mailFrom: setting<string | undefined>("--mail-from", "<address>", {
    unit: "mail address",
    meaning: "the sender of the mails",
    fallback: undefined,
    fallbackText: "plume@localhost",
    kind: mailAddress,
  }),
  stateDir: setting<string | undefined>("--state-dir", "<path>", {
    unit: "path",
    meaning: "a directory where rooms, their history, names and the keys are kept; made where it is missing",
    fallback: undefined,
    fallbackText: "memory only: they end with the process",
    kind: directoryPath,
  }),
  secretFile: setting<string | undefined>("--secret-file", "<path>", {
    unit: "path",
    meaning: "a file with at least 32 random bytes, which sign the sessions",
    fallback: undefined,
    fallbackText:
      "the state directory's own; without one a random secret, so that sessions end with the process",
    kind: filePath,
  }),
  memoryMib: setting<number | undefined>("--memory-mib", "<n>", {
    unit: "MiB",
    meaning: "the memory this process may take; `plume check` says what for",
    fallback: undefined,
    fallbackText: `what PLUME_MAX_CLIENTS needs, ${defaultMib} for ${limits.connectionsMax}`,
    kind: whole(1, 1_000_000),
  }),
  maxClients: setting("--max-clients", "<n>", {
    unit: "sockets",
    meaning: "connections at once, logged in or not",
    fallback: limits.connectionsMax,
    kind: whole(1, 1_000_000),
  }),
  maxClientsPerIp: setting("--max-clients-per-ip", "<n>", {
    unit: "sockets",
    meaning: "connections at once from one IPv4 address or IPv6 /64",
    fallback: limits.connectionsPerPeerMax,
    fallbackText: `${limits.connectionsPerPeerMax}, and no limit for this machine's own`,
    kind: whole(0, 1_000_000, "no limit"),
  }),
  messagesPerSecond: setting("--messages-per-second", "<n>", {
    unit: "messages a second",
    meaning: "the lasting pace of one person, on all connections together",
    fallback: limits.messagesPerSecond,
    kind: whole(0, 10_000, "no limit"),
  }),
  messageBurst: setting("--message-burst", "<n>", {
    unit: "messages",
    meaning: "messages at once from one person after a quiet time",
    fallback: limits.messageBurst,
    kind: whole(1, 100_000),
  }),
  mailsPerMinute: setting("--mails-per-minute", "<n>", {
    unit: "mails a minute",
    meaning: "login codes sent in all",
    fallback: limits.mailsPerMinute,
    kind: whole(1, 10_000),
  }),
  mailsPerAddressPerHour: setting("--mails-per-address-per-hour", "<n>", {
    unit: "mails an hour",
    meaning: "login codes sent to one mailbox for each network address that asks; four times as many in all",
    fallback: limits.mailsPerAddressPerHour,
    kind: whole(1, 1000),
  }),
  mailsPerIpPerHour: setting("--mails-per-ip-per-hour", "<n>", {
    unit: "mails an hour",
    meaning:
      "login codes that one IPv4 address or IPv6 /64 asks for, two thirds of them at once: a school, an office",
    fallback: limits.mailsPerPeerPerHour,
    kind: whole(1, 10_000),
  }),
  history: setting("--history", "<n>", {
    unit: "messages",
    meaning: "messages a room keeps, and how far a slow reader may fall behind",
    fallback: limits.history,
    kind: whole(10, 1_000_000),
  }),
  trustedProxies: setting<readonly Network[]>("--trusted-proxies", "<list>", {
    unit: "networks",
    meaning: "proxies whose X-Forwarded-For tells the client's address",
    fallback: [],
    fallbackText: "none",
    kind: networks,
  }),
  transport: setting<TransportName | undefined>("--transport", "<name>", {
    unit: "name",
    meaning: "the library that the sockets are of: uws is faster, ws runs everywhere",
    fallback: undefined,
    fallbackText: "uws, or ws where the binary of uws cannot be loaded",
    kind: oneOf("uws", "ws"),
  }),
  logLevel: setting<LogLevel>("--log-level", "<level>", {
    unit: "level",
    meaning: "the least that is logged, to stderr",
    fallback: "info",
    kind: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  }),
};

/** The same in the order of the help. */
export const settingRows: readonly Setting<unknown>[] = Object.values(settingsTable);

/** Completes a row: the environment's name follows from the flag's, the fallback's text from the fallback. */
function setting<T>(
  flag: string,
  placeholder: string,
  row: Omit<Setting<T>, "flag" | "placeholder" | "environment" | "fallbackText"> & { fallbackText?: string },
): Setting<T> {
  const environment = `PLUME_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
  return { flag, placeholder, environment, fallbackText: String(row.fallback), ...row };
}

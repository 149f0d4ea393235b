import { inMib, memoryCeiling } from "../memory/ceiling.ts";
import type { LogLevel } from "../system/logger.ts";
import type { Network } from "../system/network.ts";
import type { SmtpRelay } from "../system/smtp-url.ts";
import { parseArguments, type Run } from "./command-line.ts";
import { type Environment, type InForce, SettingsReader } from "./reader.ts";
import { settingRows, settingsTable, type TransportName } from "./table.ts";

const MiB = 1024 ** 2;

/** What the operator decides, checked. Every other bound is in `limits.ts`. */
export interface Settings {
  /** `NODE_ENV=production`: without what is handy to developers and to attackers. */
  readonly production: boolean;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the metrics are, on 127.0.0.1 and ::1; undefined: nowhere. */
  readonly adminPort: number | undefined;
  /** The pages that may connect: the server's own, or exactly these. */
  readonly origins: { kind: "own" } | { kind: "listed"; origins: readonly string[] };
  /** How a login code reaches a person. `relay` may hold a password: never log it. */
  readonly mail: { kind: "terminal" } | { kind: "smtp"; relay: SmtpRelay; from: string };
  /** The memory ceiling; undefined: what the other settings need. */
  readonly memoryBytes: number | undefined;
  /** Where what must outlive the process is kept. */
  readonly state: { kind: "memory" } | { kind: "directory"; path: string };
  /** What signs sessions: a random secret that ends with the process, the state directory's own, or a file's bytes. */
  readonly secret: { kind: "random" } | { kind: "state"; directory: string } | { kind: "file"; path: string };
  /** Sockets at once. */
  readonly connectionsMax: number;
  /**
   * Sockets at once from one network address (an IPv6 /64); `Infinity`: no limit. Those from this machine count only where the
   * operator has set it: a reverse proxy is there.
   */
  readonly connectionsPerPeer: { readonly max: number; readonly includesLoopback: boolean };
  /** How fast one connection, and one person on all of theirs, may send. */
  readonly messagePace: { kind: "unlimited" } | { kind: "limited"; perSecond: number; burst: number };
  /** Login codes mailed in a minute, in all. */
  readonly mailsPerMinute: number;
  /** Login codes mailed to one mail address in an hour. */
  readonly mailsPerAddressPerHour: number;
  /** Login codes that one network address (an IPv6 /64) asks for in an hour. */
  readonly mailsPerPeerPerHour: number;
  /** Messages a room keeps. */
  readonly historyMessages: number;
  /** Peers whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly Network[];
  /** "auto": the fastest that runs on this machine. */
  readonly transport: TransportName | "auto";
  readonly logLevel: LogLevel;
}

/** What `main` runs. A `sentence` is one line that says what is wrong, what is allowed and what to do: exit code 2. */
export type Command =
  | { kind: "serve" | "repair"; settings: Settings }
  | { kind: "check"; settings: Settings; inForce: readonly InForce[] }
  | { kind: "token"; settings: Settings; name: string; email: string }
  | { kind: "help" | "version"; text: string }
  | { kind: "wrong"; sentence: string };

/**
 * Reads a command and its settings. Never throws, and has no side effects.
 *
 * @param argv the arguments after the program's name.
 */
export function parseCommand(argv: readonly string[], env: Environment): Command {
  const parsed = parseArguments(argv);
  if (parsed.kind !== "run") return parsed;
  const reader = new SettingsReader(parsed.flags, env);
  const settings = readSettings(reader, env.NODE_ENV === "production");
  const problem = reader.problem ?? conflict(settings, parsed.command, reader);
  if (problem !== undefined) return { kind: "wrong", sentence: problem };
  switch (parsed.command) {
    case "serve":
    case "repair":
      return { kind: parsed.command, settings };
    case "check":
      return { kind: "check", settings, inForce: settingRows.map((row) => reader.inForce(row)) };
    case "token":
      return { kind: "token", settings, name: parsed.name, email: parsed.email };
  }
}

function readSettings(reader: SettingsReader, production: boolean): Settings {
  const table = settingsTable;
  const origins = reader.read(table.origins);
  const relay = reader.read(table.smtpUrl);
  const from = reader.read(table.mailFrom) ?? table.mailFrom.fallbackText;
  const directory = reader.read(table.stateDir);
  const perSecond = reader.read(table.messagesPerSecond);
  const memoryMib = reader.read(table.memoryMib);
  const burst = reader.read(table.messageBurst);
  return {
    production,
    host: reader.read(table.host),
    port: reader.read(table.port),
    adminPort: reader.read(table.adminPort),
    origins: origins ? { kind: "listed", origins } : { kind: "own" },
    mail: relay === undefined ? { kind: "terminal" } : { kind: "smtp", relay, from },
    memoryBytes: memoryMib === undefined ? undefined : memoryMib * MiB,
    state: directory === undefined ? { kind: "memory" } : { kind: "directory", path: directory },
    secret: secretOf(reader.read(table.secretFile), directory),
    connectionsMax: reader.read(table.maxClients),
    connectionsPerPeer: {
      max: reader.read(table.maxClientsPerIp) || Number.POSITIVE_INFINITY,
      includesLoopback: reader.isGiven(table.maxClientsPerIp),
    },
    messagePace: perSecond === 0 ? { kind: "unlimited" } : { kind: "limited", perSecond, burst },
    mailsPerMinute: reader.read(table.mailsPerMinute),
    mailsPerAddressPerHour: reader.read(table.mailsPerAddressPerHour),
    mailsPerPeerPerHour: reader.read(table.mailsPerIpPerHour),
    historyMessages: reader.read(table.history),
    trustedProxies: reader.read(table.trustedProxies),
    transport: reader.read(table.transport) ?? "auto",
    logLevel: reader.read(table.logLevel),
  };
}

function secretOf(file: string | undefined, directory: string | undefined): Settings["secret"] {
  if (file !== undefined) return { kind: "file", path: file };
  return directory === undefined ? { kind: "random" } : { kind: "state", directory };
}

/** A sentence about settings that are right one by one, and wrong together. */
function conflict(settings: Settings, command: Run["command"], reader: SettingsReader): string | undefined {
  const { mail, secret, production, mailsPerMinute, mailsPerAddressPerHour, mailsPerPeerPerHour } = settings;
  const memory = memoryCeiling(settings);
  const { smtpUrl, mailFrom, stateDir, secretFile, memoryMib, maxClients, maxClientsPerIp, ...table } =
    settingsTable;
  const label = reader.label.bind(reader);
  const conflicts: [boolean, string][] = [
    [
      command === "token" && secret.kind === "random",
      `plume token needs ${label(stateDir)} or ${label(secretFile)}, for a random secret ends with this command: ` +
        "set it to the server's own.",
    ],
    [
      (command === "serve" || command === "check") && production && mail.kind === "terminal",
      `${label(smtpUrl)} is not set, and NODE_ENV=production prints no login codes to the terminal: ` +
        `set it to ${smtpUrl.kind.allowed}, or unset NODE_ENV to try things out.`,
    ],
    [
      command === "repair" && settings.state.kind === "memory",
      `plume repair needs ${label(stateDir)}: set it to the directory that is damaged.`,
    ],
    [
      mail.kind === "terminal" && reader.isGiven(mailFrom),
      `${label(mailFrom)} is set, but without ${label(smtpUrl)} no mail is sent: ` +
        `set that to ${smtpUrl.kind.allowed}, or leave both out.`,
    ],
    [
      settings.adminPort === settings.port,
      `${label(table.adminPort)} is ${settings.port}, and so is ${label(table.port)}: give one of them another port.`,
    ],
    [
      memory.bytes < memory.leastBytes,
      `${label(memoryMib)} is ${memory.bytes / MiB}, but ${settings.connectionsMax} clients take more: it takes at least ` +
        `${inMib(memory.leastBytes)} with that; raise it, or lower ${label(maxClients)}.`,
    ],
    [
      reader.isGiven(maxClientsPerIp) && reader.read(maxClientsPerIp) > settings.connectionsMax,
      `${label(maxClientsPerIp)} is more than ${label(maxClients)} lets in: ` +
        `it takes at most ${settings.connectionsMax} (0: no limit); lower the one or raise the other.`,
    ],
    [
      mailsPerAddressPerHour > 60 * mailsPerMinute,
      `${label(table.mailsPerAddressPerHour)} is more than ${label(table.mailsPerMinute)} lets out: ` +
        `it takes at most ${60 * mailsPerMinute}; lower the one or raise the other.`,
    ],
    [
      mailsPerPeerPerHour > 60 * mailsPerMinute,
      `${label(table.mailsPerIpPerHour)} is more than ${label(table.mailsPerMinute)} lets out: ` +
        `it takes at most ${60 * mailsPerMinute}; lower the one or raise the other.`,
    ],
  ];
  return conflicts.find(([applies]) => applies)?.[1];
}

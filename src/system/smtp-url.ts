import { isIP } from "node:net";
import { isLoopback } from "./network.ts";
import { quote } from "./printable.ts";
import { parseUrl } from "./url.ts";

/** The mail server that takes a server's mails, and how it is spoken to. Holds a password: never log it. */
export interface SmtpRelay {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  /** Undefined: 587, or 465 where TLS comes first. */
  readonly port: number | undefined;
  /** "first": from the first byte on. "required": by STARTTLS, or no mail is sent. "offered": by STARTTLS where there is it. */
  readonly tls: "first" | "required" | "offered" | "none";
  /** Whether the relay has to show that it is `host`. */
  readonly checksCertificate: boolean;
  /** The name that its certificate has, where that is not `host`. */
  readonly certificateName: string | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** What this server calls itself in EHLO. Undefined: as `nameOfMachine` has it. */
  readonly ehloName: string | undefined;
}

export type ParsedSmtpUrl =
  | { kind: "relay"; relay: SmtpRelay }
  /** Goes on after the setting's name. It never repeats the text, which may hold a password. */
  | { kind: "wrong"; problem: string };

/** nodemailer's names for them. */
const optionNames = ["requireTLS", "ignoreTLS", "name", "tls.rejectUnauthorized", "tls.servername"] as const;

type OptionName = (typeof optionNames)[number];

export const smtpUrlAllowed =
  "a URL like smtp://host:25 or smtps://user:password@host:465, with these options: " +
  `?${optionNames.join(", ")}`;

/**
 * Reads `smtp://user:password@host:587?name=chat.example.org`. Never throws.
 *
 * Login codes and passwords go over TLS: unless the relay is on this machine, STARTTLS is required, and so is a certificate. Only
 * without a password `requireTLS=false` takes that back.
 */
export function parseSmtpUrl(text: string): ParsedSmtpUrl {
  const url = parseUrl(text);
  if (url === undefined) return wrong("is not a URL");
  if (!/^smtps?:$/.test(url.protocol)) return wrong(`has the scheme ${quote(url.protocol)}`);
  if (url.hostname === "") return wrong("names no host");
  if (!/^\/?$/.test(url.pathname) || url.hash) return wrong("has more after host and port");
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined) {
    return wrong("has a % in user or password that is not written as %25");
  }
  const options = readOptions(url.searchParams);
  if (typeof options === "string") return wrong(options);

  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isHere = isLoopback(host) || isLocalhost(host);
  const login = user === "" && password === "" ? undefined : { user, password };
  const ignores = options.get("ignoreTLS") === "true";
  const requires = options.get("requireTLS") ?? String(!ignores && (!isHere || login !== undefined));
  if (ignores && requires === "true") return wrong("has both ignoreTLS and requireTLS");
  const isFirst = url.protocol === "smtps:";
  if (isFirst && ignores) return wrong("has ignoreTLS, but smtps: is TLS");
  if (!isFirst && requires === "false" && login !== undefined && !isHere) {
    return wrong("would send the password without TLS; leave out ignoreTLS and requireTLS=false");
  }
  const tls = isFirst ? "first" : requires === "true" ? "required" : ignores ? "none" : "offered";
  const checks = options.get("tls.rejectUnauthorized") ?? String(!isHere);
  return {
    kind: "relay",
    relay: {
      host,
      port: url.port === "" ? undefined : Number(url.port),
      tls,
      checksCertificate: checks === "true",
      certificateName: options.get("tls.servername"),
      login,
      ehloName: options.get("name"),
    },
  };
}

/**
 * What a mail server wants to be called by, a full name: the public URL's, or else what the system calls this machine. Undefined
 * where neither is one.
 */
export function nameOfMachine(publicUrl: string, hostname: string): string | undefined {
  const names = [parseUrl(publicUrl)?.hostname ?? "", hostname.toLowerCase()];
  return names.find(isFullName);
}

function isFullName(name: string): boolean {
  return (
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(name) &&
    !isLocalhost(name)
  );
}

/** A string is the problem. */
function readOptions(params: URLSearchParams): Map<OptionName, string> | string {
  const options = new Map<OptionName, string>();
  for (const [given, value] of params) {
    const name = optionNames.find((known) => known === given);
    if (name === undefined) return `has the option ${quote(given)}`;
    if (options.has(name)) return `has the option ${name} twice`;
    const isName = name === "name" || name === "tls.servername";
    if (isName ? !isHostName(value) : !/^(true|false)$/.test(value)) {
      return `has the option ${name}=${quote(value)}, but ${name} is ${isName ? "a host name" : "true or false"}`;
    }
    options.set(name, value);
  }
  return options;
}

function isHostName(text: string): boolean {
  return isIP(text) !== 0 || /^\[?[a-z0-9:-]+(\.[a-z0-9-]+)*\]?$/i.test(text);
}

/** A name that is this machine's own, wherever it is asked for. */
function isLocalhost(host: string): boolean {
  return /^(?:.*\.)?localhost$/i.test(host);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function wrong(problem: string): ParsedSmtpUrl {
  return { kind: "wrong", problem };
}

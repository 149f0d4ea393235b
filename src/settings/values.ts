import { isIP } from "node:net";
import validator from "validator";
import { type Network, parseNetwork } from "../system/network.ts";
import { quote } from "../system/printable.ts";
import { parseSmtpUrl, type SmtpRelay, smtpUrlAllowed } from "../system/smtp-url.ts";
import { parseUrl } from "../system/url.ts";

/** A setting's text, read. A `problem` goes on after the setting's name: `is "abc"`. */
export type Reading<T> = { kind: "value"; value: T } | { kind: "wrong"; problem: string };

/** One kind of value that settings take. */
export interface ValueKind<T> {
  /** What is allowed; goes on after "it takes". */
  readonly allowed: string;
  read(text: string): Reading<T>;
  /** The value as it may be shown; as it was written when left out. */
  mask?(text: string): string;
}

/** A whole number; `zeroMeans` says what 0 stands for where it is no number of something. */
export function whole(min: number, max: number, zeroMeans?: string): ValueKind<number> {
  return {
    allowed: `a whole number from ${min} to ${max}${zeroMeans ? ` (0: ${zeroMeans})` : ""}`,
    read(text) {
      const number = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
      return number >= min && number <= max ? value(number) : wrong(`is ${quote(text)}`);
    },
  };
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: W[]): ValueKind<W> {
  return {
    allowed: `one of ${words.join(", ")}`,
    read(text) {
      const word = words.find((candidate) => candidate === text);
      return word === undefined ? wrong(`is ${quote(text)}`) : value(word);
    },
  };
}

/** Where to listen. */
export const listenHost: ValueKind<string> = {
  allowed: "an IP address (IPv6 without brackets) or a host name",
  read(text) {
    const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(text) && urlHost(text) === text.toLowerCase();
    return isIP(text) !== 0 || isName ? value(text) : wrong(`is ${quote(text)}`);
  },
};

/** Origins as browsers send them, separated by commas. */
export const origins: ValueKind<readonly string[]> = listOf(
  "exact origins separated by commas, like https://chat.example.org",
  (text) => {
    const url = parseUrl(text);
    const isWeb = url !== undefined && /^https?:$/.test(url.protocol) && !url.hostname.includes("*");
    if (!isWeb) return wrong(`has ${quote(text)}`);
    if (url.origin !== text) return wrong(`has ${quote(text)} (did you mean ${url.origin}?)`);
    return value(text);
  },
);

/** Networks, separated by commas. One of everything is refused: it lets everybody forge an address. */
export const networks: ValueKind<readonly Network[]> = listOf(
  "IP addresses or CIDR networks separated by commas, like 127.0.0.1,10.0.0.0/8",
  (text) => {
    const network = parseNetwork(text);
    if (!network) return wrong(`has ${quote(text)}`);
    if (network.prefixBits === 0) return wrong(`has ${quote(text)}, which is every address there is`);
    return value(network);
  },
);

/** An SMTP server. No problem repeats the text, for it may hold a password. */
export const smtpUrl: ValueKind<SmtpRelay> = {
  allowed: smtpUrlAllowed,
  read(text) {
    const parsed = parseSmtpUrl(text);
    return parsed.kind === "relay" ? value(parsed.relay) : parsed;
  },
  mask(text) {
    const url = new URL(text);
    if (url.password !== "") url.password = "***";
    return url.href;
  },
};

/** One mail address, bare. */
export const mailAddress: ValueKind<string> = {
  allowed: "one mail address, like plume@example.org, without a display name",
  read: (text) =>
    validator.isEmail(text, { require_tld: false }) ? value(text) : wrong(`is ${quote(text)}`),
};

/** Where a file is; whether it can be read shows when it is read. */
export const filePath = path("the path of a file");

/** Where a directory is, or can be made. */
export const directoryPath = path("the path of a directory");

function path(allowed: string): ValueKind<string> {
  return { allowed, read: (text) => (text.includes("\0") ? wrong(`is ${quote(text)}`) : value(text)) };
}

function listOf<T>(allowed: string, readItem: (text: string) => Reading<T>): ValueKind<readonly T[]> {
  return {
    allowed,
    read(text) {
      const values: T[] = [];
      for (const item of text.split(",")) {
        const reading = readItem(item.trim());
        if (reading.kind === "wrong") return reading;
        values.push(reading.value);
      }
      return value(values);
    },
  };
}

function urlHost(text: string): string | undefined {
  return parseUrl(`http://${text}`)?.hostname;
}

function value<T>(value: T): Reading<T> {
  return { kind: "value", value };
}

function wrong(problem: string): { kind: "wrong"; problem: string } {
  return { kind: "wrong", problem };
}

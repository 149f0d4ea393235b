import { domainToASCII } from "node:url";
import validator from "validator";
import { limits } from "../limits.ts";

/** One mail address, checked and in the one form that is both compared and written to. */
export type Email = string & { readonly brand: "Email" };

export type ParsedEmail =
  | { kind: "email"; email: Email }
  /** `problem` is a sentence for people: what is wrong and what is allowed. */
  | { kind: "refused"; code: EmailProblem; problem: string };

export type EmailProblem = "empty" | "too-long" | "invalid";

/**
 * Trims an address, lower-cases it and writes an international domain in ASCII. Never throws.
 *
 * The mail goes to the very form that is compared: else somebody whose provider tells `Ann@` from `ann@` could
 * prove one and own the other's names. Providers' own rules (dots, `+tags`) are left alone for the same reason.
 */
export function parseEmail(raw: string): ParsedEmail {
  const typed = raw.trim();
  if (typed === "") return refused("empty", "a mail address is missing; the login code is sent to it");
  // Before and after: "ﷺ" in a domain is many characters in ASCII.
  if (Buffer.byteLength(typed) > limits.emailBytesMax) return refused("too-long", tooLong);
  const address = normalize(typed);
  if (address !== undefined && address.length > limits.emailBytesMax) return refused("too-long", tooLong);
  if (address === undefined || !validator.isEmail(address, rules)) return refused("invalid", invalid);
  return { kind: "email", email: address as Email };
}

/**
 * The address that stands for a mailbox, for limits on how many mails it gets: without a `+tag`, which most providers deliver to
 * the same mailbox. Whose a name is goes by the whole address.
 */
export function mailboxOf(email: Email): Email {
  return email.replace(/(?<=[^+])\+.*(?=@)/, "") as Email;
}

/** Whether every mail server can write to it. */
export function isAscii(address: string): boolean {
  return /^[!-~]*$/.test(address);
}

const tooLong = `the mail address is too long; at most ${limits.emailBytesMax} bytes`;
const invalid = "this is not one mail address; type it as in name@example.com, with nothing before or after";

const rules = {
  allow_display_name: false,
  allow_ip_domain: false,
  allow_utf8_local_part: false,
  require_tld: true,
  // Quoted local parts: legal, unused, and a way to smuggle in a second address.
  blacklisted_chars: '"',
};

/** Undefined where there is not one local part and one name of a domain, before anything is decoded. */
function normalize(typed: string): string | undefined {
  const parts = /^(?<local>[!-?A-~]+)@(?<domain>[\p{L}\p{M}\p{Nd}.-]+)$/u.exec(typed);
  const { local, domain } = parts?.groups ?? {};
  if (local === undefined || domain === undefined) return undefined;
  return `${local.toLowerCase()}@${domainToASCII(domain)}`;
}

function refused(code: EmailProblem, problem: string): ParsedEmail {
  return { kind: "refused", code, problem };
}

import { domainToASCII } from "node:url";
import validator from "validator";
import { limits } from "../limits.ts";
import { cleanMailAddress, strangerIn, strangers } from "../protocol/mail-address.ts";

/** One mail address, checked and in the one form that is both compared and written to. */
export type Email = string & { readonly brand: "Email" };

export type ParsedEmail =
  | { kind: "email"; email: Email }
  /** `problem` is a sentence for people: what is wrong and what is allowed. */
  | { kind: "refused"; code: EmailProblem; problem: string };

export type EmailProblem = "empty" | "too-long" | "invalid";

/**
 * Finds the address in what was typed or pasted, lower-cases it, and writes an international domain in ASCII and other letters
 * before the @ composed (NFC). Never throws.
 *
 * The mail goes to the very form that is compared: else somebody whose provider tells `Ann@` from `ann@` could
 * prove one and own the other's names. Providers' own rules (dots, `+tags`) are left alone for the same reason.
 */
export function parseEmail(raw: string): ParsedEmail {
  // What is around an address is bounded too: it bounds the work, not the addresses.
  if (raw.length > 4 * limits.emailBytesMax) return refused("too-long", tooLong);
  const typed = cleanMailAddress(raw);
  if (typed === "") return refused("empty", "a mail address is missing; the login code is sent to it");
  // Before and after: "ﷺ" in a domain is many characters in ASCII.
  if (Buffer.byteLength(typed) > limits.emailBytesMax) return refused("too-long", tooLong);
  const address = normalize(typed);
  if (address !== undefined && Buffer.byteLength(address) > limits.emailBytesMax)
    return refused("too-long", tooLong);
  if (address === undefined || !validator.isEmail(address, rules))
    return refused("invalid", invalidFor(typed));
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

function invalidFor(typed: string): string {
  const stranger = strangerIn(typed);
  if (stranger === undefined) return invalid;
  const { codePoint, visible, kind } = stranger;
  const what = visible === undefined ? `${strangers[kind]} (${codePoint})` : `"${visible}" (${codePoint})`;
  return `a mail address cannot have ${what} in it; type it as in name@example.com`;
}

const rules = {
  allow_display_name: false,
  allow_ip_domain: false,
  allow_utf8_local_part: true,
  require_tld: true,
  // Quoted local parts: legal, unused, and a way to smuggle in a second address.
  blacklisted_chars: '"',
};

/** Undefined where there is not one local part and one name of a domain, before anything is decoded. */
function normalize(typed: string): string | undefined {
  const parts = /^(?<local>[!-?A-~\p{L}\p{M}\p{Nd}]+)@(?<domain>[\p{L}\p{M}\p{Nd}.-]+)$/u.exec(typed);
  const { local, domain } = parts?.groups ?? {};
  if (local === undefined || domain === undefined) return undefined;
  if (/\p{Default_Ignorable_Code_Point}/u.test(local)) return undefined; // some are letters, U+3164
  return `${local.normalize("NFC").toLowerCase().normalize("NFC")}@${domainToASCII(domain)}`;
}

function refused(code: EmailProblem, problem: string): ParsedEmail {
  return { kind: "refused", code, problem };
}

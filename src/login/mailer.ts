import { createTransport } from "nodemailer";
import validator from "validator";
import { limits } from "../limits.ts";
import type { SmtpRelay } from "../system/smtp-url.ts";
import type { Email } from "./address.ts";

/** What a mail with a login code is made of. */
export interface LoginMail {
  readonly to: Email;
  /** The name to log in with. Whoever typed it need not be who gets the mail. */
  readonly name: string;
  readonly code: string;
  /** Opens the page with the code filled in. */
  readonly link: string;
}

/** What became of one try to send a mail. A `cause` is for the log: it has no address, name or code in it. */
export type SendResult =
  | { kind: "sent" }
  /** The mail server takes no mail for this address: another try is useless. */
  | { kind: "refused"; cause: SendCause }
  /** The mail server can't be reached, or takes no mail now, or none from this server. */
  | { kind: "failed"; cause: SendCause };

export interface SendCause {
  /** As nodemailer has them: ESOCKET, EAUTH, EENVELOPE … */
  readonly code?: string | undefined;
  /** SMTP reply and the command it answered. */
  readonly responseCode?: number | undefined;
  readonly command?: string | undefined;
  /** Why there is no connection: the certificate is not good, nobody listens … */
  readonly reason?: string | undefined;
}

/** Sends mails, one try each. Owned and closed by the Postman. */
export interface Mailer {
  /** Never rejects for what a mail server or the network does. */
  send(mail: LoginMail): Promise<SendResult>;
  /** Closes the connections to the mail server. */
  close(): void;
}

export interface SmtpOptions {
  readonly relay: SmtpRelay;
  /** The sender's address. */
  readonly from: string;
}

/** Sends mails through one mail server. */
export function smtpMailer({ relay, from }: SmtpOptions): Mailer {
  const transport = createTransport({
    ...connectionTo(relay),
    pool: true,
    maxConnections: limits.mailsInFlight,
    maxRecipients: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
    dnsTimeout: limits.mailTimeoutMs,
    connectionTimeout: limits.mailTimeoutMs,
    greetingTimeout: limits.mailTimeoutMs,
    socketTimeout: limits.mailTimeoutMs,
  });
  return {
    send(mail) {
      const message = {
        ...compose(mail),
        from: { name: "Plume", address: from },
        to: { name: "", address: mail.to },
        envelope: { from, to: mail.to },
      };
      return new Promise((resolve) => transport.sendMail(message, (error) => resolve(resultOf(error))));
    },
    close: () => transport.close(),
  };
}

/**
 * Prints the codes instead of sending them: for trials without a mail server.
 *
 * @param print false where nobody will read the line.
 */
export function terminalMailer(print: (line: string) => boolean): Mailer {
  return {
    async send({ name, code }) {
      const line = `login code for ${name}: ${code} (valid for ${limits.codeValidMs / 60_000} minutes)`;
      return print(line) ? { kind: "sent" } : { kind: "failed", cause: { code: "EPIPE" } };
    },
    close() {},
  };
}

/** The same as nodemailer takes it. */
function connectionTo({ host, port, tls, checksCertificate, certificateName, login, ehloName }: SmtpRelay) {
  return {
    host,
    port,
    secure: tls === "first",
    requireTLS: tls === "required",
    ignoreTLS: tls === "none",
    tls: {
      rejectUnauthorized: checksCertificate,
      ...(certificateName === undefined ? {} : { servername: certificateName }),
    },
    auth: login && { user: login.user, pass: login.password },
    name: ehloName,
  };
}

interface SmtpError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly command?: string | undefined;
  /** A reply of 5xx. */
  readonly permanent?: boolean | undefined;
}

/** Leaves out the error's message, in which mail servers repeat the address, unless it is from before they were told that. */
function resultOf(error: SmtpError | null): SendResult {
  if (error === null) return { kind: "sent" };
  const { code, responseCode, command, permanent, message } = error;
  const isEarly = command === "CONN" || command === "STARTTLS";
  const reason = isEarly ? `${message}${/certificate|TLS/i.test(message) ? tlsHint : ""}` : undefined;
  const isRefused = command === "RCPT TO" && permanent === true;
  return { kind: isRefused ? "refused" : "failed", cause: { code, responseCode, command, reason } };
}

const tlsHint = " (PLUME_SMTP_URL has the options requireTLS, tls.rejectUnauthorized and tls.servername)";

/** The parts of a message that do not depend on who sends it to whom. */
interface CodeMail {
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly html: string;
}

/**
 * The mail with a login code. Anybody can have it sent to anybody, so it must not carry a message of theirs: the name is in
 * the body only, escaped, and no mail program makes a link of it. The code is alone on its line, after the word "code", so
 * that phones offer it; it is not in the subject, which mail servers log.
 */
function compose({ name, code, link }: LoginMail): CodeMail {
  const intro = "Your Plume login code is";
  const who = `It logs you in as ${unlinked(name)}.`;
  const how = `Type it where you asked for it. It is valid for ${limits.codeValidMs / 60_000} minutes and works once.`;
  const or = "Or open this link in the browser where you asked for it:";
  const why = "You did not ask for it? Then ignore this mail: nobody can log in without the code.";
  return {
    subject: "Your Plume login code",
    headers: { "Auto-Submitted": "auto-generated", "Content-Language": "en" },
    text: `${intro}\n\n    ${code}\n\n${who}\n${how}\n\n${or}\n${link}\n\n${why}\n`,
    html: page(
      `<p>${intro}</p>`,
      `<p style="font: bold 2em monospace; letter-spacing: 0.1em">${validator.escape(code)}</p>`,
      `<p>${validator.escape(who)}<br>${how}</p>`,
      `<p>${or}<br><a href="${validator.escape(link)}">${validator.escape(link)}</a></p>`,
      `<p>${why}</p>`,
    ),
  };
}

/** An invisible word joiner after each dot: mail programs make links of `example.com`, but not of this. */
function unlinked(name: string): string {
  return name.replaceAll(".", ".\u2060");
}

function page(...paragraphs: string[]): string {
  const head = '<meta charset="utf-8"><title>Your Plume login code</title>';
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${paragraphs.join("\n")}\n</body></html>\n`;
}

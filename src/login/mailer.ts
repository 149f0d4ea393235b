import { PassThrough } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import validator from "validator";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import type { SmtpRelay } from "../system/smtp-url.ts";
import { type Email, isAscii } from "./address.ts";

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
  /** The mail server takes no mail for this address: another try is useless. `why`: nobody has it, or it has letters that it can't write. */
  | { kind: "refused"; why: "unknown" | "international"; cause: SendCause }
  /** The mail server can't be reached, or takes no mail now: another try may help. */
  | { kind: "failed"; cause: SendCause }
  /** The mail server takes no mail from this server until its operator has done something. */
  | { kind: "broken"; cause: SendCause }
  /** The mail server has the mail and has not said that it takes it: another try may send it twice. */
  | { kind: "unanswered"; cause: SendCause };

export interface SendCause {
  /** As nodemailer has them: ESOCKET, EAUTH, EENVELOPE … */
  readonly code?: string | undefined;
  /** SMTP reply, the enhanced status code in it (RFC 3463), and the command it answered. */
  readonly responseCode?: number | undefined;
  readonly status?: string | undefined;
  readonly command?: string | undefined;
  /** Why there is no connection: the certificate is not good, nobody listens … */
  readonly reason?: string | undefined;
}

/** Sends mails, one try each. Owned and closed by the Postman. */
export interface Mailer {
  /**
   * Never rejects for what a mail server or the network does. Once it has settled with anything but "unanswered", the mail is sent
   * or never will be by this try.
   *
   * @param id the same for each try of a mail: its Message-ID, by which a mailbox that gets it twice can tell.
   */
  send(mail: LoginMail, id: string): Promise<SendResult>;
  /** Closes the connections to the mail server. */
  close(): void;
}

export interface SmtpOptions {
  readonly relay: SmtpRelay;
  /** The sender's address. */
  readonly from: string;
  /** What this server calls itself, where the relay's URL does not say; undefined: what nodemailer finds. */
  readonly ehloName: () => string | undefined;
}

/** Sends mails through one mail server, each on a connection of its own, which can be closed without any other. */
export function smtpMailer({ relay, from, ehloName }: SmtpOptions, clock: Clock): Mailer {
  const underway = new Set<SMTPConnection>();
  return {
    async send(mail, id) {
      const message = compose(mail, { from, id });
      const content = await message.build();
      const options = connectionTo(relay, relay.ehloName ?? ehloName());
      const connection = new SMTPConnection(options);
      underway.add(connection);
      try {
        return await sendOn(connection, { relay, envelope: { from, to: [mail.to] }, content, clock });
      } finally {
        underway.delete(connection);
        connection.close();
      }
    },
    close: () => {
      for (const connection of underway) connection.close();
    },
  };
}

interface Sending {
  readonly relay: SmtpRelay;
  readonly envelope: { from: string; to: [Email] };
  readonly content: Buffer;
  readonly clock: Clock;
}

/**
 * Says all that SMTP has for one mail. Until the mail server has asked for the content it may take `limits.mailTimeoutMs`, and
 * nothing was sent; from then on it may take `limits.mailAnswerMs`, as RFC 5321 wants, for who hangs up sooner and comes again has
 * sent the mail twice.
 */
function sendOn(
  connection: SMTPConnection,
  { relay, envelope, content, clock }: Sending,
): Promise<SendResult> {
  return new Promise((resolve) => {
    let isContentOut = false;
    const settle = (result: SendResult) => {
      timer.cancel();
      resolve(result);
    };
    const failed = (error: SmtpError) => settle(resultOf(error, isContentOut));
    const late = () => failed({ message: "too slow", code: "ETIMEDOUT" });
    let timer = clock.after(limits.mailTimeoutMs, late);
    const stream = new PassThrough().end(content);
    stream.once("resume", () => {
      isContentOut = true;
      timer.cancel();
      timer = clock.after(limits.mailAnswerMs, late);
    });
    const send = (greeting: string) => {
      if (!isAscii(envelope.to[0]) && !/^250[ -]SMTPUTF8\b/im.test(greeting))
        return settle({ kind: "refused", why: "international", cause: { code: "ENOUTF8" } });
      connection.send(envelope, stream, (error) => (error ? failed(error) : settle({ kind: "sent" })));
    };
    connection.on("error", failed);
    connection.connect((error) => {
      if (error) return failed(error);
      const greeting = connection.lastServerResponse || "";
      const { login } = relay;
      if (login === undefined || !connection.allowsAuth) return send(greeting);
      const credentials = { user: login.user, pass: login.password };
      connection.login({ credentials }, (refusal) => (refusal ? failed(refusal) : send(greeting)));
    });
  });
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
      return print(line) ? { kind: "sent" } : { kind: "broken", cause: { code: "EPIPE" } };
    },
    close() {},
  };
}

/** The same as nodemailer takes it. */
function connectionTo(
  { host, port, tls, checksCertificate, certificateName }: SmtpRelay,
  ehloName: string | undefined,
) {
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
    name: ehloName,
    dnsTimeout: limits.mailTimeoutMs,
    connectionTimeout: limits.mailTimeoutMs,
    greetingTimeout: limits.mailTimeoutMs,
    socketTimeout: limits.mailAnswerMs,
  };
}

interface SmtpError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  readonly command?: string | undefined;
  /** A reply of 5xx. */
  readonly permanent?: boolean | undefined;
}

/**
 * Whose fault it is. That of whoever typed the address is only what a mail server says of the recipient, and means: 550, 551 or
 * 553, unless the reply goes on about this server (5.3, 5.5, 5.7 of RFC 3463: "relaying denied").
 */
function resultOf(error: SmtpError, isContentOut: boolean): SendResult {
  const cause = causeOf(error);
  const { responseCode, status, command, code } = cause;
  if (
    command === "RCPT TO" &&
    recipientReplies.includes(responseCode ?? 0) &&
    !/^5\.[357]\./.test(status ?? "")
  )
    return { kind: "refused", why: status?.startsWith("5.6.7") ? "international" : "unknown", cause };
  if (error.permanent === true || isCertificate(error) || command === "STARTTLS")
    return { kind: "broken", cause };
  if (code === "EAUTH" && responseCode === undefined) return { kind: "broken", cause };
  return { kind: isContentOut && responseCode === undefined ? "unanswered" : "failed", cause };
}

const recipientReplies = [550, 551, 553];

function isCertificate({ message, command }: SmtpError): boolean {
  return isEarly(command) && /certificate|altnames/i.test(message);
}

/** Leaves out the error's message, in which mail servers repeat the address, unless it is from before they were told that. */
function causeOf(error: SmtpError): SendCause {
  const { code, responseCode, response, command, message } = error;
  const status = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? "")?.[1];
  const hint = /certificate|altnames|TLS/i.test(message) ? tlsHint : responseCode === 504 ? nameHint : "";
  const reason =
    isEarly(command) || hint === nameHint ? `${isEarly(command) ? message : "504"}${hint}` : undefined;
  return { code, responseCode, status, command, reason };
}

/** Whether the mail server had not been told of anybody yet. */
function isEarly(command: string | undefined): boolean {
  return command !== undefined && ["CONN", "STARTTLS", "EHLO", "HELO"].includes(command);
}

const tlsHint =
  " (PLUME_SMTP_URL has the options requireTLS, tls.rejectUnauthorized and tls.servername; NODE_EXTRA_CA_CERTS names a file of certificates to trust)";
const nameHint = " (PLUME_SMTP_URL has the option name, for what this server calls itself)";

/**
 * The mail with a login code. Anybody can have it sent to anybody, so it must not carry a message of theirs: the name is in
 * the body only, escaped, and no mail program makes a link of it. The code is alone on its line, after the word "code", so
 * that phones offer it; it is not in the subject, which mail servers log.
 */
function compose({ to, name, code, link }: LoginMail, { from, id }: { from: string; id: string }) {
  const intro = "Your Plume login code is";
  const who = `It logs you in as ${unlinked(name)}.`;
  const how = `Type it where you asked for it. It is valid for ${limits.codeValidMs / 60_000} minutes and works once.`;
  const or = "Or open this link in the browser where you asked for it:";
  const why = "You did not ask for it? Then ignore this mail: nobody can log in without the code.";
  return new MailComposer({
    from: { name: "Plume", address: from },
    to: { name: "", address: to },
    messageId: `<${id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
    disableFileAccess: true,
    disableUrlAccess: true,
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
  }).compile();
}

/** An invisible word joiner after each dot: mail programs make links of `example.com`, but not of this. */
function unlinked(name: string): string {
  return name.replaceAll(".", ".\u2060");
}

function page(...paragraphs: string[]): string {
  const head = '<meta charset="utf-8"><title>Your Plume login code</title>';
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${paragraphs.join("\n")}\n</body></html>\n`;
}

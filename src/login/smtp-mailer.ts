import { createTransport } from "nodemailer";
import { limits } from "../limits.ts";
import { compose } from "./code-mail.ts";
import type { Mailer, SendResult } from "./mailer.ts";

export interface SmtpOptions {
  /** `smtp://host:25` or `smtps://user:password@host:465`. STARTTLS is used where it is offered. */
  readonly url: string;
  /** The sender's address. */
  readonly from: string;
}

/** Sends mails through one mail server. */
export function smtpMailer({ url, from }: SmtpOptions): Mailer {
  const transport = createTransport({
    url,
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

interface SmtpError {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly command?: string | undefined;
  /** A reply of 5xx. */
  readonly permanent?: boolean | undefined;
}

/** The error's message stays here: mail servers repeat the address in it. */
function resultOf(error: SmtpError | null): SendResult {
  if (error === null) return { kind: "sent" };
  const { code, responseCode, command, permanent } = error;
  const isRefused = command === "RCPT TO" && permanent === true;
  return { kind: isRefused ? "refused" : "failed", cause: { code, responseCode, command } };
}

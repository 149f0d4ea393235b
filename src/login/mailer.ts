import { limits } from "../limits.ts";
import type { Email } from "./address.ts";

/** What a mail with a login code is made of. */
export interface LoginMail {
  readonly to: Email;
  /** The name to log in with; somebody typed it, and not necessarily who gets the mail. */
  readonly name: string;
  readonly code: string;
  /** Opens the page and fills the code in, where it was asked for. */
  readonly link: string;
}

/** What became of one try to send a mail. A `cause` is for the log: it has no address, name or code in it. */
export type SendResult =
  | { kind: "sent" }
  /** The mail server does not take mail for this address: trying again is no use. */
  | { kind: "refused"; cause: SendCause }
  /** The mail server can't be reached, or not now, or not by us. */
  | { kind: "failed"; cause: SendCause };

export interface SendCause {
  /** As nodemailer has them: ESOCKET, EAUTH, EENVELOPE … */
  readonly code?: string | undefined;
  /** SMTP reply and the command it answered. */
  readonly responseCode?: number | undefined;
  readonly command?: string | undefined;
}

/** Sends mails, one try each. Owned by the Postman. */
export interface Mailer {
  /** Never rejects for what a mail server or the network does. */
  send(mail: LoginMail): Promise<SendResult>;
  /** Lets go of the connections to the mail server. */
  close(): void;
}

/** Prints the codes instead of sending them: to try things out, without a mail server. */
export function terminalMailer(write: (line: string) => void): Mailer {
  return {
    async send({ name, code }) {
      write(`login code for ${name}: ${code} (valid for ${limits.codeValidMs / 60_000} minutes)`);
      return { kind: "sent" };
    },
    close() {},
  };
}

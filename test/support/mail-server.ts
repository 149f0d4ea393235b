import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { parseSmtpUrl, type SmtpRelay } from "../../src/system/smtp-url.ts";
import { PATIENCE_MS } from "./waiter.ts";

/** A mail as its recipient's server got it. */
export interface ReceivedMail {
  /** The envelope: who it was really from, and to whom it really went. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** By name in small letters, as they were written, without the name. */
  readonly headers: ReadonlyMap<string, string>;
  /** The login code in it; empty where there is none. */
  readonly code: string;
  readonly isEncrypted: boolean;
  /** What the client called itself. */
  readonly ehloName: string;
}

/** At which command a mail server refuses. */
export type Stage = "MAIL" | "RCPT" | "DATA";

/** A real SMTP server in this process, on a free port of 127.0.0.1. */
export interface MailServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Who has logged in, and how. */
  readonly logins: readonly { user: string; isEncrypted: boolean }[];
  /** Mails that came in and nobody has taken. */
  readonly waiting: number;
  /** The next mail, in the order in which they came in; waits for it. */
  next(timeoutMs?: number): Promise<ReceivedMail>;
  /** Refuses the next mails with this reply, one for each time it is called. */
  failNext(responseCode: number, stage?: Stage): void;
  /** Waits this long before it takes a mail, from now on. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** The relay that a good URL names. */
export function relayOf(url: string): SmtpRelay {
  const parsed = parseSmtpUrl(url);
  if (parsed.kind === "wrong") throw new Error(parsed.problem);
  return parsed.relay;
}

/** @param offers STARTTLS, with a certificate that nobody trusts, and logins, encrypted or not. */
export async function startMailServer(
  offers: { startTls: boolean; login: boolean } = { startTls: false, login: false },
): Promise<MailServer> {
  const mails = new Mailbox();
  const logins: { user: string; isEncrypted: boolean }[] = [];
  const failures: { responseCode: number; stage: Stage }[] = [];
  let delayMs = 0;

  /** Fails if it is this stage's turn to. Mail servers do repeat the address. */
  const check = (stage: Stage, address: string) => {
    if (failures[0]?.stage !== stage) return null;
    const { responseCode } = failures.shift() ?? {};
    return Object.assign(new Error(`<${address}> not taken`), { responseCode });
  };

  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const mail = await read(stream, session);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const failure = check("DATA", String(mail.to));
    if (failure !== null) throw failure;
    mails.put(mail);
  };

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: [...(offers.startTls ? [] : ["STARTTLS"]), ...(offers.login ? [] : ["AUTH"])],
    allowInsecureAuth: true,
    onAuth: ({ username = "" }, session, callback) => {
      logins.push({ user: username, isEncrypted: session.secure });
      callback(null, { user: username });
    },
    closeTimeout: 100,
    onMailFrom: ({ address }, _session, callback) => callback(check("MAIL", address)),
    onRcptTo: ({ address }, _session, callback) => callback(check("RCPT", address)),
    onData: (stream, session, callback) => void receive(stream, session).then(() => callback(), callback),
  });
  // A client that hangs up in the middle of a mail is no failure of the server's.
  server.on("error", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = () => new Promise<void>((resolve) => server.close(resolve));

  const port = portOf(server.server.address());

  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    logins,
    get waiting() {
      return mails.waiting;
    },
    next: (timeoutMs = PATIENCE_MS) => mails.take(timeoutMs),
    failNext: (responseCode, stage = "RCPT") => void failures.push({ responseCode, stage }),
    delay: (ms) => {
      delayMs = ms;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Mails that nobody has taken, or takers that got none yet. */
class Mailbox {
  readonly #mails: ReceivedMail[] = [];
  readonly #takers: ((mail: ReceivedMail) => void)[] = [];

  get waiting(): number {
    return this.#mails.length;
  }

  put(mail: ReceivedMail): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#mails.push(mail);
    else taker(mail);
  }

  take(timeoutMs: number): Promise<ReceivedMail> {
    const mail = this.#mails.shift();
    if (mail !== undefined) return Promise.resolve(mail);
    return new Promise((resolve, reject) => {
      const taker = (arrived: ReceivedMail) => {
        clearTimeout(timeout);
        resolve(arrived);
      };
      const timeout = setTimeout(() => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        reject(new Error(`no mail within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#takers.push(taker);
    });
  }
}

async function read(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
  const { subject = "", text = "", html, headerLines } = await simpleParser(stream);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom === false ? "" : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    subject,
    text,
    html: html || "",
    headers: new Map(headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(":") + 1).trim()])),
    isEncrypted: session.secure,
    ehloName: session.hostNameAppearsAs || "",
    code: /^\s*([0-9A-Z]{6})\s*$/m.exec(text)?.[1] ?? "",
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error("the mail server does not listen");
  return address.port;
}

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { type Email, parseEmail } from "../../src/login/address.ts";
import { parseSmtpUrl, type SmtpRelay } from "../../src/system/smtp-url.ts";
import { selfSigned } from "./certificate.ts";
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
  failNext(responseCode: number, stage?: Stage, text?: string): void;
  /** Refuses whom it does not know with 451, until so long after it has heard of them first. */
  greylist(ms: number): void;
  /** Has the mails that come from now on, and says so only when this settles. */
  hold(until: Promise<void>): void;
  /** Mails that it has, taken or not. */
  readonly contents: number;
  /** Connections that it has had. */
  readonly connections: number;
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

/** An address that is one. */
export function emailOf(address: string): Email {
  const parsed = parseEmail(address);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.email;
}

/** What a mail server has, and wants. */
export interface Offers {
  /** With a certificate that nobody trusts: one that has expired, or one for `localhost` that it has signed itself. */
  startTls: boolean | "self-signed";
  /** Encrypted or not. */
  login: boolean;
  /** Addresses with any letters. */
  utf8: boolean;
  /** Refuses the recipients of clients that call themselves by no full name, as Postfix does where it is set up so. */
  wantsFullName: boolean;
}

export async function startMailServer(offered: Partial<Offers> = {}): Promise<MailServer> {
  const offers: Offers = { startTls: false, login: false, utf8: true, wantsFullName: false, ...offered };
  const mails = new Mailbox();
  const logins: { user: string; isEncrypted: boolean }[] = [];
  const refusals = new Refusals(offers);
  let [delayMs, connections, contents] = [0, 0, 0];
  let held = Promise.resolve();

  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const mail = await read(stream, session);
    contents += 1;
    await Promise.all([held, new Promise((resolve) => setTimeout(resolve, delayMs))]);
    const failure = refusals.failure("DATA", String(mail.to));
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
    onMailFrom: ({ address }, _session, callback) => callback(refusals.failure("MAIL", address)),
    onRcptTo: ({ address }, session, callback) => callback(refusals.ofRecipient(address, session)),
    onConnect: (_session, callback) => {
      connections += 1;
      callback();
    },
    hideSMTPUTF8: !offers.utf8,
    ...(offers.startTls === "self-signed" ? selfSigned : {}),
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
    failNext: (responseCode, stage = "RCPT", text = "") =>
      void refusals.next.push({ responseCode, stage, text }),
    greylist: (ms) => {
      refusals.greylistMs = ms;
    },
    hold: (until) => {
      held = until;
    },
    get contents() {
      return contents;
    },
    get connections() {
      return connections;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a mail server refuses. Mail servers do repeat the address. */
class Refusals {
  readonly next: { responseCode: number; stage: Stage; text: string }[] = [];
  greylistMs = 0;
  readonly #seenMs = new Map<string, number>();
  readonly #offers: Offers;

  constructor(offers: Offers) {
    this.#offers = offers;
  }

  /** Fails if it is this stage's turn to. */
  failure(stage: Stage, address: string): Error | null {
    if (this.next[0]?.stage !== stage) return null;
    const { responseCode = 550, text = "" } = this.next.shift() ?? {};
    return refusal(responseCode, `${text}<${address}> not taken`);
  }

  ofRecipient(address: string, { hostNameAppearsAs }: SMTPServerSession): Error | null {
    const isFullName = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(hostNameAppearsAs || "");
    if (this.#offers.wantsFullName && !isFullName) return refusal(504, "5.5.2 need fully-qualified hostname");
    const firstMs = this.#seenMs.get(address) ?? Date.now();
    this.#seenMs.set(address, firstMs);
    if (Date.now() - firstMs < this.greylistMs) return refusal(451, "4.7.1 greylisted, come again");
    return this.failure("RCPT", address);
  }
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
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

import { limits } from "../limits.ts";
import type { Counters } from "../metrics/counters.ts";
import type { People, Proof, Visit } from "../people/people.ts";
import { type EmailHash, type Identity, type Name, parseName } from "../people/user.ts";
import type { EntryCode, RejectionCode } from "../protocol/v2.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import { type Email, mailboxOf, parseEmail } from "./address.ts";
import type { BucketPerKey } from "./bucket-per-key.ts";
import type { LoginAttempt, LoginCodes } from "./codes.ts";
import type { LoginQueue } from "./login-queue.ts";
import type { MailPace } from "./mail-pace.ts";
import type { MailNews, Postman } from "./postman.ts";
import type { SessionTokens } from "./session-tokens.ts";

/** What the logins of all connections share. */
export interface LoginDependencies {
  people: People;
  codes: LoginCodes;
  tokens: SessionTokens;
  /** Lets so many through in each turn of the event loop. */
  queue: LoginQueue;
  mailPace: MailPace;
  /** What each network address has left of being told that a name is not its asker's. */
  nameAnswers: BucketPerKey<string>;
  postman: Postman;
  sentBy: SentBy;
  counters: Counters;
  /** Where people open the page that have not said where: `https://chat.example.org`. */
  publicUrl: () => string;
}

/** The other end of the connection. */
export interface LoginPeer {
  /** The network address that asks, as limits count it. */
  readonly key: string;
  /** Words for the device: "Firefox on Linux". */
  readonly device: string;
  /** The origin of its page, which is one that may connect; empty where it is no page. */
  readonly origin: string;
}

/** What one version of the protocol has otherwise than the other. */
export interface LoginRules {
  /** Whether the code can still be typed, on another connection, when this one is gone. */
  readonly codeOutlives: boolean;
  /**
   * Whether Hello is answered with MayNotEnter where the name is somebody else's, and no mail is sent. Without it Hello says of a name
   * only that it is somebody's, so that nobody can ask whose it is.
   */
  readonly tellsOthers: boolean;
}

/** What a Hello says. */
export interface Hello {
  /** `name\nemail`. */
  readonly text: string;
  /** Where the page is at its origin: `/`, or `/chat/` behind a proxy. */
  readonly path: string;
}

/** How a code comes to people: without a mail server it is printed in the terminal. */
export type SentBy = "mail" | "terminal";

/** What became of a Hello. Problems are sentences for people. */
export type HelloResult =
  /** A mail with a code is on its way; its outcome is told later. `taken`: the name is somebody's, whoever asks. */
  | { kind: "mailing"; attempt: string; taken: boolean; sentBy: SentBy }
  | MayNotEnter
  /** Name and address are allowed, but no mail can be sent now. */
  | { kind: "notMailed"; problem: string; retryAfterMs: number };

/** What became of an Auth. */
export type AuthResult =
  | { kind: "accepted"; visit: Visit; token: string }
  /** `again`: the same code can be tried again. */
  | { kind: "rejected"; code: RejectionCode; problem: string; again: boolean }
  | MayNotEnter;

/** The code or token was right, but who owns the name cannot be saved now. */
export interface NotSaved {
  kind: "notSaved";
}

/** The name or the address is not allowed, or the name is somebody else's. */
export interface MayNotEnter {
  kind: "mayNotEnter";
  code: EntryCode;
  name: string;
  problem: string;
  field: "name" | "email";
}

/**
 * One connection's login. The name is claimed when a code has proved the address, and of two who prove theirs at once one gets it.
 */
export class Login {
  readonly #dependencies: LoginDependencies;
  readonly #peer: LoginPeer;
  readonly #rules: LoginRules;
  #state: State = idle;

  constructor(dependencies: LoginDependencies, peer: LoginPeer, rules: LoginRules) {
    this.#dependencies = dependencies;
    this.#peer = peer;
    this.#rules = rules;
  }

  /**
   * @param told hears what becomes of the mail.
   */
  hello({ text, path }: Hello, told: (news: MailNews) => void): HelloResult {
    this.#assertNobodyYet();
    const [rawName = "", rawEmail, ...rest] = text.split("\n");
    if (rawEmail === undefined || rest.length > 0) {
      return mayNotEnter("malformed", rawName, "a Hello is a name and a mail address on two lines", "name");
    }
    const name = parseName(rawName);
    if (name.kind === "refused") return mayNotEnter(`name-${name.code}`, rawName, name.problem, "name");
    const email = parseEmail(rawEmail);
    if (email.kind === "refused") return mayNotEnter(`email-${email.code}`, rawName, email.problem, "email");
    return (
      this.#ofSomebodyElse(name.name, email.email) ??
      this.#mailCode(name.name, email.email, this.#pageUrl(path), told)
    );
  }

  /**
   * @param text the login code, or a session token.
   * @param attempt the Hello that the code was mailed for, where that was on another connection.
   */
  async auth(text: string, attempt?: string): Promise<AuthResult | NotSaved> {
    this.#assertNobodyYet();
    await this.#dependencies.queue.pass();
    const result = await this.#try(text, attempt);
    this.#dependencies.counters.logins.add(result.kind);
    return result;
  }

  async #try(text: string, attempt: string | undefined): Promise<AuthResult | NotSaved> {
    const isToken = text.includes("."); // codes have none
    if (isToken) {
      const { tokens } = this.#dependencies;
      const token = tokens.verify(text);
      if (token.kind === "refused") return rejected(`session-${token.code}`, token.problem);
      const { identity, session, issuedAtMs } = token;
      const proof: Proof = { kind: "token", session, issuedAtMs };
      return this.#enter(identity, proof, tokens.isFresh(issuedAtMs) ? text : undefined);
    }
    const asked = attempt === undefined ? this.#mailedHere() : this.#dependencies.codes.find(attempt);
    if (asked === undefined)
      return rejected("no-code", "no code was asked for here, or it has expired; ask for one");
    const redeemed = asked.redeem(text);
    switch (redeemed.kind) {
      case "accepted":
        return this.#enter(redeemed.identity, { kind: "code" }, undefined);
      case "wrong":
        return { kind: "rejected", code: "wrong-code", problem: redeemed.problem, again: true };
      case "wait":
        return { kind: "rejected", code: "code-wait", problem: redeemed.problem, again: true };
      case "void":
        return rejected(`code-${redeemed.code}`, redeemed.problem);
    }
  }

  /** The connection ends: releases its name, and voids its codes unless they outlive it. Again: does nothing. */
  end(): void {
    this.#voidCodes();
    if (this.#state.kind === "entered") this.#dependencies.people.leave(this.#state.visit);
    this.#state = idle;
  }

  /**
   * Refuses a name that is somebody else's. Each such answer is one of the few that the network address has; without one left
   * everybody is refused who comes under a name that is somebody's, its owner too, so that the refusal tells nothing.
   */
  #ofSomebodyElse(name: Name, email: Email): HelloResult | undefined {
    const { people, tokens, nameAnswers } = this.#dependencies;
    if (!this.#rules.tellsOthers || !people.isTaken(name)) return undefined;
    const waitMs = nameAnswers.waitMs(this.#peer.key);
    if (waitMs > 0) return notMailed("too many names of others were tried from your network address", waitMs);
    if (people.isOf(name, tokens.emailHash(email))) return undefined;
    nameAnswers.spend(this.#peer.key);
    return nameTaken(name.name);
  }

  /** Where the page is that asks. A program has none, and gets the address of everybody's. */
  #pageUrl(path: string): string {
    const { origin } = this.#peer;
    return origin === "" ? `${this.#dependencies.publicUrl()}/` : `${origin}${path}`;
  }

  #mailCode(name: Name, email: Email, pageUrl: string, told: (news: MailNews) => void): HelloResult {
    const { tokens, mailPace, codes, people, postman, sentBy } = this.#dependencies;
    const emailHash = tokens.emailHash(email);
    const mailbox = tokens.emailHash(mailboxOf(email));
    const may = mailPace.take({ email: emailHash, mailbox }, this.#peer.key);
    if (may.kind === "wait") return notMailed(may.problem, may.retryAfterMs);
    const issued = codes.issue({ name, emailHash }, this.#peer.key);
    if (issued.kind === "full") return notMailed(issued.problem, issued.retryAfterMs);
    const { code, attempt } = issued;
    this.#state = { kind: "mailed", attempts: [...this.#keepFor(name, emailHash), attempt] };
    const posted = postman.post({
      mail: { to: email, name: name.name, code, link: `${pageUrl}#code=${code}` },
      isWanted: () => !attempt.isOver,
      told,
    });
    if (posted !== "queued") return notMailed("too many mails are waiting to be sent", 30_000);
    return { kind: "mailing", attempt: attempt.id, taken: people.isTaken(name), sentBy };
  }

  /** @param token the session token that may be kept; undefined where a new one is needed. */
  async #enter(identity: Identity, proof: Proof, token: string | undefined): Promise<AuthResult | NotSaved> {
    const { people, tokens, mailPace } = this.#dependencies;
    const { name } = identity.name;
    mailPace.remember(identity.emailHash, this.#peer.key);
    const entrance = people.enter(identity, proof, this.#peer.device);
    switch (entrance.kind) {
      case "entered": {
        const { visit } = entrance;
        this.#voidCodes();
        this.#state = { kind: "entered", visit };
        const issued = token ?? tokens.sign(identity, people.issueToken(visit));
        if ((await people.saved(visit)) === "failed") return { kind: "notSaved" };
        return { kind: "accepted", visit, token: issued };
      }
      case "ended":
        return rejected("session-ended", "this session was logged out; log in by mail");
      case "taken":
        return nameTaken(name);
      case "too many":
        return mayNotEnter(
          "names-full",
          name,
          `you have ${limits.namesPerPerson} names, which is the limit; use one of them`,
          "name",
        );
      case "full":
        return mayNotEnter(
          "names-full",
          name,
          "no new names are left on this server; use one of yours",
          "name",
        );
    }
  }

  /** The last one that has not ended; or the last one, which tells how it ended. */
  #mailedHere(): LoginAttempt | undefined {
    if (this.#state.kind !== "mailed") return undefined;
    const { attempts } = this.#state;
    return attempts.findLast((attempt) => !attempt.isOver) ?? attempts.at(-1);
  }

  /** The attempts of this connection whose codes can still be typed after another Hello: those for the same name and address. */
  #keepFor(name: Name, emailHash: EmailHash): LoginAttempt[] {
    if (this.#state.kind !== "mailed") return [];
    const isSame = ({ identity }: LoginAttempt) =>
      identity.emailHash === emailHash && identity.name.key === name.key;
    const { attempts } = this.#state;
    for (const attempt of attempts) if (!isSame(attempt)) attempt.discard();
    return attempts.filter((attempt) => !attempt.isOver);
  }

  /** Unless they can still be typed on another connection. */
  #voidCodes(): void {
    if (this.#rules.codeOutlives || this.#state.kind !== "mailed") return;
    for (const attempt of this.#state.attempts) attempt.discard();
  }

  #assertNobodyYet(): void {
    if (this.#state.kind === "entered") throw new Error("somebody is logged in on this connection already");
  }
}

type State =
  /** No code was asked for on this connection. */
  | { kind: "idle" }
  /** One for each code that was mailed, the last whether it is used, expired or good. A Hello for somebody else voids them. */
  | { kind: "mailed"; attempts: readonly LoginAttempt[] }
  /** Somebody is logged in until the connection ends. */
  | { kind: "entered"; visit: Visit };

const idle: State = { kind: "idle" };

function mayNotEnter(
  code: EntryCode,
  name: string,
  problem: string,
  field: MayNotEnter["field"],
): MayNotEnter {
  return { kind: "mayNotEnter", code, name, problem, field };
}

function nameTaken(name: string): MayNotEnter {
  return mayNotEnter("name-taken", name, `the name ${name} belongs to somebody else; choose another`, "name");
}

/** For good: only another code helps. */
function rejected(code: RejectionCode, problem: string): AuthResult {
  return { kind: "rejected", code, problem, again: false };
}

function notMailed(problem: string, retryAfterMs: number): HelloResult {
  return {
    kind: "notMailed",
    problem: `no code was sent: ${problem}, ${tryAgainIn(retryAfterMs)}`,
    retryAfterMs,
  };
}

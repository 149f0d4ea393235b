import type { Names } from "../chat/names.ts";
import { type Identity, parseName, type User } from "../chat/user.ts";
import { tryAgainIn } from "../system/durations.ts";
import { type Email, parseEmail } from "./address.ts";
import type { LoginAttempt, LoginCodes } from "./codes.ts";
import type { MailPace } from "./pace.ts";
import type { MailOutcome, Postman } from "./postman.ts";
import type { Sessions } from "./sessions.ts";

/** What every login of a server shares. */
export interface LoginDesk {
  names: Names;
  codes: LoginCodes;
  sessions: Sessions;
  pace: MailPace;
  postman: Postman;
}

/** What became of a Hello. Problems are sentences for people. */
export type HelloResult =
  /** A mail with a code is on its way; how that went is told later. */
  | { kind: "mailing" }
  /** What was typed can't be a name or an address. */
  | { kind: "mayNotEnter"; name: string; problem: string }
  /** Fine, but not now. */
  | { kind: "notMailed"; problem: string };

/** What became of an Auth. */
export type AuthResult =
  | { kind: "accepted"; identity: Identity; token: string }
  | { kind: "rejected"; problem: string }
  | { kind: "mayNotEnter"; name: string; problem: string };

/**
 * One connection's login. Hello never looks at who owns the name, since its answer would tell who that is; the name
 * is claimed when a code has proved the address, and of two who prove theirs at once one gets it.
 */
export class Login {
  readonly #desk: LoginDesk;
  readonly #peerKey: string;
  /** The code that was mailed last; the next Hello replaces it. */
  #attempt: LoginAttempt | undefined;
  /** Whose name this connection holds. */
  #claimed: Identity | undefined;

  /** @param peerKey the network address that asks, as limits count it. */
  constructor(desk: LoginDesk, peerKey: string) {
    this.#desk = desk;
    this.#peerKey = peerKey;
  }

  /** @param text `name\nemail`. @param mailed is told once how the mail went. */
  hello(text: string, mailed: (outcome: MailOutcome) => void): HelloResult {
    const [rawName = "", rawEmail, ...rest] = text.split("\n");
    if (rawEmail === undefined || rest.length > 0) {
      const problem = "a Hello is a name and a mail address on two lines";
      return { kind: "mayNotEnter", name: rawName, problem };
    }
    const name = parseName(rawName);
    if (name.kind === "refused") return { kind: "mayNotEnter", name: rawName, problem: name.problem };
    const email = parseEmail(rawEmail);
    if (email.kind === "refused") return { kind: "mayNotEnter", name: rawName, problem: email.problem };
    return this.#mailCode(name.user, email.email, mailed);
  }

  /** @param text the login code, or a session token. */
  auth(text: string): AuthResult {
    const isToken = text.includes("."); // codes have none
    if (isToken) {
      const session = this.#desk.sessions.verify(text);
      return session.kind === "session" ? this.#claim(session.identity) : reject(session.problem);
    }
    if (!this.#attempt) return reject("no code was asked for on this connection; ask for one");
    const redeemed = this.#attempt.redeem(text);
    return redeemed.kind === "accepted" ? this.#claim(redeemed.identity) : reject(redeemed.problem);
  }

  /** The connection ends: its code is void, its name not in use. */
  end(): void {
    this.#attempt?.discard();
    if (this.#claimed) this.#desk.names.release(this.#claimed);
    this.#claimed = undefined;
  }

  #mailCode(user: User, email: Email, mailed: (outcome: MailOutcome) => void): HelloResult {
    const { sessions, pace, codes, postman } = this.#desk;
    const emailHash = sessions.emailHash(email);
    const may = pace.take(emailHash, this.#peerKey);
    if (may.kind === "wait") return notMailed(may.problem, may.retryAfterMs);
    const issued = codes.issue({ user, emailHash });
    if (issued.kind === "full") return notMailed(issued.problem, issued.retryAfterMs);
    this.#attempt?.discard();
    this.#attempt = issued.attempt;
    const posted = postman.post({ to: email, name: user.name, code: issued.code }, mailed);
    return posted === "queued"
      ? { kind: "mailing" }
      : notMailed("too many mails are waiting to be sent", 30_000);
  }

  #claim(identity: Identity): AuthResult {
    const { names, sessions } = this.#desk;
    const { name } = identity.user;
    switch (names.claim(identity)) {
      case "claimed":
        this.#claimed = identity;
        return { kind: "accepted", identity, token: sessions.sign(identity) };
      case "taken":
        return {
          kind: "mayNotEnter",
          name,
          problem: `the name ${name} belongs to somebody else; choose another`,
        };
      case "full":
        return {
          kind: "mayNotEnter",
          name,
          problem: "no new names are left on this server; use one of yours",
        };
    }
  }
}

function reject(problem: string): AuthResult {
  return { kind: "rejected", problem };
}

function notMailed(problem: string, retryAfterMs: number): HelloResult {
  return { kind: "notMailed", problem: `no code was sent: ${problem}, ${tryAgainIn(retryAfterMs)}` };
}

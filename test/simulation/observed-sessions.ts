import { limits } from "../../src/limits.ts";
import { type ClientMessageV2, Type } from "../../src/protocol/v2.ts";
import type { Link } from "./link.ts";
import { BrokenPromise } from "./room-log.ts";
import type { VirtualTime } from "./time.ts";

/** "ending": somebody has asked for it, and it is not known whether it is done. */
interface ObservedSession {
  readonly email: string;
  /** The last token of it that the server gave. */
  token: string;
  state: "live" | "ending" | "ended";
  /** When it last logged somebody in, in ms of the monotonic clock. */
  usedMs: number;
}

/** Somebody has asked for the end of sessions, and it is not known whether it is done. */
interface Ending {
  readonly email: string;
  readonly link: Link;
  readonly isOfAll: boolean;
  /** Those that there were when it was asked for: if it is done, they have ended. */
  readonly sessions: ReadonlySet<string>;
  /** Others, which end or not: they began before it was done, or are asked for before anybody was let in. */
  readonly newer: Set<string>;
}

/** Who asks, with which session ("" where nobody knows yet whether they are let in, and with which), on which connection. */
interface Asker {
  readonly email: string;
  readonly here: string;
  readonly link: Link;
}

/** So long after its connection is gone a request is done, or will never be. */
const DONE_MS = 60_000;

/** Which sessions there are and which have ended, by what the server is asked and says. */
export class ObservedSessions {
  readonly #time: VirtualTime;
  readonly #sessions = new Map<string, ObservedSession>();
  #endings: Ending[] = [];
  /** Somebody has asked for the end of something: tokens that were never used may be void. */
  #isAnyAsked = false;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** The server's process has ended. @param isKept whether the next one knows what it knew. */
  processEnds(isKept: boolean): void {
    this.#endings = [];
    if (!isKept) this.#sessions.clear();
  }

  /** The sessions of an address that have not ended. */
  liveOf(email: string): string[] {
    return [...this.#sessions].flatMap(([id, one]) =>
      one.email === email && one.state === "live" ? [id] : [],
    );
  }

  /** The sessions of everybody else. */
  othersThan(email: string): string[] {
    return [...this.#sessions].flatMap(([id, one]) => (one.email === email ? [] : [id]));
  }

  /** Tokens of sessions that have ended. */
  endedTokens(): string[] {
    return [...this.#sessions.values()].flatMap(({ state, token }) => (state === "ended" ? [token] : []));
  }

  /** Whether no server will take the token, or may not. */
  isOver(token: string): boolean {
    const { session, expiresAtMs } = readToken(token);
    const state = this.#sessions.get(session)?.state ?? "live";
    return state !== "live" || this.#time.wallMs >= expiresAtMs;
  }

  isEnded(session: string): boolean {
    return this.#sessions.get(session)?.state === "ended";
  }

  /** Somebody is let in, with this token from now on. Returns the session. */
  letIn(email: string, token: string): string {
    const { session } = readToken(token);
    const known = this.#sessions.get(session);
    if (known?.state === "ended")
      throw new BrokenPromise("P8", `a session of ${known.email} has ended and logs in ${email}`);
    if (known !== undefined && known.email !== email)
      throw new BrokenPromise("P8", `a session of ${known.email} logs in ${email}`);
    const usedMs = this.#time.elapsedMs;
    const endings = this.#endings.filter((ending) => ending.isOfAll && ending.email === email);
    for (const { newer } of endings) newer.add(session);
    const state = known?.state ?? "live";
    this.#sessions.set(session, { email, token, state: endings.length > 0 ? "ending" : state, usedMs });
    return session;
  }

  /** Somebody asks for the end of sessions of theirs, or of what is none of theirs, which must do nothing. */
  asked({ email, here, link }: Asker, message: ClientMessageV2): void {
    const meant = new Set(this.#meant(email, here, message));
    if (meant.size === 0) return;
    this.#isAnyAsked = true;
    const isOfAll = message.type === Type.LogOut && (message.everywhere || here === "");
    const [sessions, newer] = here === "" ? [new Set<string>(), meant] : [meant, new Set<string>()];
    this.#endings = this.#endings.filter((ending) => !this.#isDone(ending.link.closed?.atMs));
    this.#endings.push({ email, link, isOfAll, sessions, newer });
    for (const id of meant) {
      const session = this.#sessions.get(id);
      if (session?.state === "live") session.state = "ending";
    }
  }

  /** A connection is told that its session has ended. */
  loggedOut(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined || this.#isOverLimit(session.email)) return;
    if (session.state === "live")
      throw new BrokenPromise("P8", `a session of ${session.email} ends, and they have not asked for it`);
    session.state = "ended";
    const asked = this.#endings.filter(({ sessions, newer }) => sessions.has(id) || newer.has(id));
    const [only, ...others] = asked;
    if (only === undefined || others.length > 0 || only.newer.has(id)) return;
    this.#endings = this.#endings.filter((ending) => ending !== only);
    for (const other of only.sessions) this.#end(other);
  }

  /** Whether the server may refuse the token as one that has ended, or expired. */
  mayRefuse(token: string, code: "session-ended" | "session-expired"): boolean {
    const { session, expiresAtMs } = readToken(token);
    if (code === "session-expired") return this.#time.wallsLately().some((wallMs) => wallMs >= expiresAtMs);
    const known = this.#sessions.get(session);
    if (known === undefined) return this.#isAnyAsked;
    const isForgotten = this.#time.elapsedMs - known.usedMs >= limits.sessionValidMs;
    return known.state !== "live" || isForgotten || this.#isOverLimit(known.email);
  }

  #isDone(closedMs: number | undefined): boolean {
    return closedMs !== undefined && this.#time.servedMs - closedMs > DONE_MS;
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.state = "ended";
  }

  #meant(email: string, here: string, message: ClientMessageV2): string[] {
    const isTheirs = (id: string) => this.#sessions.get(id)?.email === email;
    switch (message.type) {
      case Type.EndSession:
        return [message.session].filter(isTheirs);
      case Type.LogOut:
        return message.everywhere || here === "" ? [...this.#sessions.keys()].filter(isTheirs) : [here];
      default:
        return [];
    }
  }

  /** Over the limit sessions end by themselves. */
  #isOverLimit(email: string): boolean {
    const theirs = [...this.#sessions.values()].filter((session) => session.email === email);
    return theirs.length >= limits.sessionsPerPerson;
  }
}

/** What a session token says, as `SessionTokens` has it. */
function readToken(token: string): { session: string; expiresAtMs: number } {
  const payload = Buffer.from(token.split(".")[0] ?? "", "base64url");
  return { session: payload.toString("base64url", 23, 32), expiresAtMs: payload.readUIntBE(1, 6) };
}

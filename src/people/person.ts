import { limits } from "../limits.ts";
import type { EmailHash, PersonId } from "./user.ts";

/** 72 bits, which nobody guesses and no two share. */
export const SESSION_ID_BYTES = 9;

/** Stands for one login by a code, and all that its session token has logged in since. */
export type SessionId = string & { readonly brand: "SessionId" };

export interface Session {
  readonly id: SessionId;
  /** Words for what it is used on: "Firefox on Linux". */
  readonly device: string;
  /** Wall time, in ms. */
  readonly createdAtMs: number;
  /** When it last logged somebody in; wall time, in ms. */
  readonly usedAtMs: number;
  /** The same as seen time, in ms. */
  readonly seenAtMs: number;
  /** When its newest token was issued; wall time, in ms. */
  readonly issuedAtMs: number;
  /** Ended ones are kept until no token of theirs could be good any more. */
  readonly isEnded: boolean;
}

/** When something is, by both clocks. */
export interface Moment {
  /** Wall time, in ms. */
  readonly nowMs: number;
  /** Seen time, in ms. */
  readonly seenMs: number;
}

/** Why a connection of a person's is closed by another. */
export type DetachReason = "logged out" | "taken over" | "too many";

/** One connection on which a person is logged in. */
export interface PersonConnection {
  readonly session: SessionId;
  /** The tab that it is in, if it has said so. */
  readonly tab: string | undefined;
  /** Knows the names of the rooms that it is in, or comes into. */
  readonly memberships: { rooms(): Iterable<string> };
  end(why: DetachReason): void;
}

/** What is asked to end. */
interface Ending {
  readonly sessions: readonly SessionId[];
  /** Tokens that were issued up to then, too; wall time, in ms. */
  readonly voidUntilMs: number;
}

/** What is saved of a person. */
export interface SavedPerson {
  readonly id: PersonId;
  readonly emailHash: EmailHash;
  /** Session tokens that were issued up to then are void; wall time, in ms. */
  readonly voidUntilMs: number;
}

/** Somebody: their address, as a keyed hash, their sessions and their connections. */
export class Person {
  readonly id: PersonId;
  readonly emailHash: EmailHash;
  /** How many names are theirs. A person is forgotten with the last one. */
  names = 0;
  #voidUntilMs: number;
  /** What is asked to end and not saved yet. */
  #endings: readonly Ending[] = [];
  /** Arrays of just their length, for most have one. */
  #sessions: readonly Session[] = [];
  #connections: readonly PersonConnection[] = [];

  constructor({ id, emailHash, voidUntilMs }: SavedPerson, sessions: readonly Session[]) {
    this.id = id;
    this.emailHash = emailHash;
    this.#voidUntilMs = voidUntilMs;
    this.#sessions = sessions;
  }

  /** Up to then tokens are void, or asked to be. */
  get voidUntilMs(): number {
    return Math.max(this.#voidUntilMs, ...this.#endings.map(({ voidUntilMs }) => voidUntilMs));
  }

  /** When the newest token was issued that has ended; wall time, in ms. */
  get endedUntilMs(): number {
    return newestOf(this.#voidUntilMs, this.#sessions);
  }

  /** All that are remembered, the ended ones too. */
  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  get connections(): readonly PersonConnection[] {
    return this.#connections;
  }

  /** The names of the rooms that they are in, or come into, on all connections. */
  get rooms(): ReadonlySet<string> {
    return new Set(this.#connections.flatMap(({ memberships }) => [...memberships.rooms()]));
  }

  /**
   * A token issued now is none of those that are void and not the oldest one, even where the clock went back: a new session is
   * never the one that ends over the limit.
   */
  issueAtMs({ nowMs }: Moment): number {
    const oldestMs = this.#sessions.length > 0 ? oldestOf(this.#sessions) : 0;
    return Math.max(nowMs, this.voidUntilMs + 1, oldestMs + 1);
  }

  /** The next token of a session is issued no earlier than those it has, even where the clock went back. */
  reissueAtMs(session: Session, { nowMs }: Moment): number {
    return Math.max(nowMs, this.voidUntilMs + 1, session.issuedAtMs);
  }

  /**
   * Begins a session. Over `max` the one whose token is oldest ends for good, and with it each whose token is not newer.
   * Returns those.
   */
  begin(session: Session, max: number): readonly Session[] {
    this.#sessions = [...this.#sessions, session];
    if (this.#sessions.length <= max) return [];
    return this.voidTokens(oldestOf(this.#sessions));
  }

  /**
   * A session that a token names, used once more; undefined where it has ended. One that is not known was begun by a server
   * without this state, or by `plume token`.
   */
  session(id: SessionId, issuedAtMs: number): Session | "ended" | undefined {
    const known = this.#sessions.find((session) => session.id === id);
    if (known === undefined) return issuedAtMs <= this.voidUntilMs ? "ended" : undefined;
    return known.isEnded || this.#endings.some(({ sessions }) => sessions.includes(known.id))
      ? "ended"
      : known;
  }

  /** Puts a session in the place of what it was. */
  replace(session: Session): void {
    this.#sessions = this.#sessions.map((other) => (other.id === session.id ? session : other));
  }

  /**
   * Sessions are asked to end, and tokens to be void. Until the returned function says that this is saved or has failed, they log
   * nobody in: what a login writes of them would be saved later, and stand.
   */
  startEnding(ending: Ending): () => void {
    this.#endings = [...this.#endings, ending];
    return () => {
      this.#endings = this.#endings.filter((other) => other !== ending);
    };
  }

  /** The session as it is once it has ended; undefined where there is none. */
  endOf(id: string, { seenMs }: Moment): Session | undefined {
    const session = this.#sessions.find((other) => other.id === id);
    return session === undefined ? undefined : { ...session, isEnded: true, seenAtMs: seenMs };
  }

  /** A session has ended: its connections are closed. */
  end(ended: Session): void {
    this.replace(ended);
    this.#close((connection) => connection.session === ended.id);
  }

  /** The time up to which tokens have to be void for all sessions to end. */
  endOfAllMs({ nowMs }: Moment): number {
    return Math.max(nowMs, this.voidUntilMs, ...this.#sessions.map(({ issuedAtMs }) => issuedAtMs));
  }

  /** Tokens issued up to then are void: their sessions are forgotten, and their connections closed. Returns the sessions. */
  voidTokens(untilMs: number): readonly Session[] {
    this.#voidUntilMs = Math.max(this.#voidUntilMs, untilMs);
    const ended = this.#sessions.filter(({ issuedAtMs }) => issuedAtMs <= this.#voidUntilMs);
    this.#sessions = this.#sessions.filter((session) => !ended.includes(session));
    this.#close((connection) => ended.some(({ id }) => id === connection.session));
    return ended;
  }

  /**
   * Forgets the sessions that nobody is on and whose tokens have expired by both clocks. The tokens of those that had ended stay
   * void, should the clock go back. Returns the sessions.
   */
  tidy({ nowMs, seenMs }: Moment): readonly Session[] {
    const { sessionValidMs } = limits;
    const isOver = ({ id, issuedAtMs, seenAtMs }: Session) =>
      nowMs - issuedAtMs > sessionValidMs &&
      seenMs - seenAtMs > sessionValidMs &&
      !this.#connections.some(({ session }) => session === id);
    const over = this.#sessions.filter(isOver);
    if (over.length === 0) return over;
    this.#voidUntilMs = newestOf(this.#voidUntilMs, over);
    this.#sessions = this.#sessions.filter((session) => !over.includes(session));
    return over;
  }

  /**
   * A connection is logged in. Closes the one that its tab had before, so that nobody hears or says anything twice, and over
   * `limits.connectionsPerPerson` the oldest; or this one, where its session has ended while the login was being saved.
   */
  attach(connection: PersonConnection): void {
    const { tab, session } = connection;
    if (!this.#sessions.some(({ id, isEnded }) => id === session && !isEnded)) {
      connection.end("logged out");
      return;
    }
    this.#close((other) => tab !== undefined && other.tab === tab, "taken over");
    this.#connections = [...this.#connections, connection];
    const [oldest] = this.#connections;
    if (this.#connections.length > limits.connectionsPerPerson)
      this.#close((other) => other === oldest, "too many");
  }

  detach(connection: PersonConnection): void {
    this.#connections = this.#connections.filter((other) => other !== connection);
  }

  #close(which: (connection: PersonConnection) => boolean, why: DetachReason = "logged out"): void {
    const closed = this.#connections.filter(which);
    if (closed.length === 0) return;
    this.#connections = this.#connections.filter((connection) => !closed.includes(connection));
    for (const connection of closed) connection.end(why);
  }
}

/** When the oldest of their tokens was issued. */
function oldestOf(sessions: readonly Session[]): number {
  return Math.min(...sessions.map(({ issuedAtMs }) => issuedAtMs));
}

/** The later of `untilMs` and when the newest token of an ended session was issued. */
function newestOf(untilMs: number, sessions: readonly Session[]): number {
  return Math.max(untilMs, ...sessions.filter(({ isEnded }) => isEnded).map(({ issuedAtMs }) => issuedAtMs));
}

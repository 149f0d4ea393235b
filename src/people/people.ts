import { limits } from "../limits.ts";
import type { Changes, SaveOutcome, Store } from "../store/store.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import { Names } from "./names.ts";
import {
  type Moment,
  Person,
  type SavedPerson,
  SESSION_ID_BYTES,
  type Session,
  type SessionId,
} from "./person.ts";
import {
  eraseName,
  erasePerson,
  eraseSessions,
  type OwnedName,
  writeName,
  writePerson,
  writeSeen,
  writeSession,
  writeVoid,
} from "./records.ts";
import { SeenTime } from "./seen-time.ts";
import type { EmailHash, Identity, Name, PersonId, User } from "./user.ts";

/** The people that a server starts with. */
export interface SavedPeople {
  /** Where what becomes of them is kept. */
  readonly store: Store;
  readonly people: readonly SavedPerson[];
  readonly names: readonly OwnedName[];
  readonly sessions: readonly { readonly person: PersonId; readonly session: Session }[];
  /** What the servers before have seen of time, in ms. */
  readonly seenMs: number;
  /** Tokens that were issued up to then are void, but those of people who are known; wall time, in ms. */
  readonly voidUntilMs: number;
}

/** What a session token says beside whose it is. */
export interface TokenClaims {
  readonly session: SessionId;
  /** Wall time, in ms. */
  readonly issuedAtMs: number;
}

/** How somebody has proved an address. */
export type Proof =
  /** By the code that was mailed to it: a new session begins. */
  | { kind: "code" }
  /** By a token of a session. */
  | ({ kind: "token" } & TokenClaims);

/** Somebody on one connection, logged in until `leave`. */
export interface Visit {
  readonly user: User;
  readonly person: Person;
  readonly session: SessionId;
}

export type Entrance =
  | { kind: "entered"; visit: Visit }
  /** The name is somebody else's; or no new names are left, on the server or for this person. */
  | { kind: "taken" | "full" | "too many" }
  /** The session was ended: only a code helps. */
  | { kind: "ended" };

/** 72 bits: no two are drawn alike. */
const PERSON_ID_BYTES = 9;

/** Everybody there is: who has which address, names and sessions. */
export class People {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #seen: SeenTime;
  /** Undefined: people end with the process. */
  readonly #store: Store | undefined;
  readonly #names: Names;
  readonly #byId = new Map<PersonId, Person>();
  readonly #byEmail = new Map<EmailHash, Person>();
  /** Whom the store has as they are. */
  readonly #saved = new WeakSet<Person | Session>();
  /** Of all people. */
  #sessions = 0;
  /** Of somebody who is not known tokens that were issued up to then are void: they may be of people who are forgotten. Wall time, in ms. */
  #voidUntilMs: number;
  #timer: Timer | undefined;

  constructor(effects: { clock: Clock; random: Random }, found: SavedPeople | undefined) {
    const saved = found && withoutForgotten(found);
    this.#clock = effects.clock;
    this.#random = effects.random;
    this.#seen = new SeenTime(effects.clock, saved?.seenMs ?? 0);
    this.#store = saved?.store;
    this.#voidUntilMs = saved?.voidUntilMs ?? 0;
    this.#names = new Names({
      seen: this.#seen,
      store: saved?.store,
      names: saved?.names ?? [],
      freed: (owner) => this.#freed(owner),
    });
    if (saved !== undefined) this.#restore(saved);
  }

  /** Names under which somebody is logged in. */
  get present(): number {
    return this.#names.present;
  }

  /** Logs somebody in who has proved an address, under a name of theirs or a new one. Each "entered" is ended by `leave` once. */
  enter({ name, emailHash }: Identity, proof: Proof, device: string): Entrance {
    this.#names.makeRoom(); // first, for whose last name goes is forgotten
    const known = this.#byEmail.get(emailHash);
    const person = known ?? this.#newPerson(emailHash);
    const isNewName = !this.#names.isOf(name, person.id);
    if (isNewName && person.names >= limits.namesPerPerson) return { kind: "too many" };
    const session = this.#sessionOf(person, proof, device);
    if (session === "ended") return { kind: "ended" };
    const claimed = this.#names.claim(name, person.id);
    if (claimed === "taken" || claimed === "full") return { kind: claimed };
    if (known === undefined) this.#add(person);
    if (claimed === "new") person.names += 1;
    this.#useSession(person, session);
    this.#tidyLater();
    if (!person.sessions.some(({ id }) => id === session.id)) {
      this.#names.release(name, person.id); // of all that are remembered its token was the oldest
      return { kind: "ended" };
    }
    const user = { id: person.id, name: name.name, key: name.key };
    return { kind: "entered", visit: { user, person, session: session.id } };
  }

  /** Settles when all that a login has made is durable: the person, whose the name is, the session. */
  async saved({ user, person, session: id }: Visit): Promise<SaveOutcome> {
    if (this.#store === undefined) return "saved";
    const session = person.sessions.find((other) => other.id === id);
    const name = this.#names.unsaved(user);
    const changes = new Map([
      ...(this.#saved.has(person) ? [] : writePerson(person)),
      ...(name === undefined ? [] : writeName(name)),
      ...(session === undefined || this.#saved.has(session) ? [] : writeSession(person.id, session)),
    ]);
    if (changes.size === 0) return "saved";
    const outcome = await this.#store.commit(changes);
    if (outcome === "failed") return outcome;
    this.#saved.add(person);
    if (session !== undefined) this.#saved.add(session);
    if (name !== undefined) this.#names.saved(name);
    return outcome;
  }

  /** A login is over. */
  leave({ user, person }: Visit): void {
    this.#names.release(user, person.id);
  }

  /** Whether the name is somebody's. Nobody is told whose. */
  isTaken(name: Name): boolean {
    return this.#names.isTaken(name);
  }

  /** Whether the name is one of the person's who has this address. */
  isOf(name: Name, email: EmailHash): boolean {
    const person = this.#byEmail.get(email);
    return person !== undefined && this.#names.isOf(name, person.id);
  }

  /** The visit's session gets a new token. Returns when that is issued: wall time, in ms, and later than all that are void. */
  issueToken({ person, session: id }: Visit): TokenClaims {
    const session = person.sessions.find((other) => other.id === id);
    if (session === undefined) throw new Error("a token for a session that has ended");
    const issuedAtMs = person.reissueAtMs(session, this.#moment());
    if (session.issuedAtMs !== issuedAtMs) person.replace({ ...session, issuedAtMs });
    return { session: id, issuedAtMs };
  }

  /** Ends a session, on this device or another, for good, once that is saved. */
  async endSession(person: Person, id: string): Promise<SaveOutcome> {
    const ended = person.endOf(id, this.#moment());
    if (ended === undefined) return "saved";
    const settled = person.startEnding({ sessions: [ended.id], voidUntilMs: 0 });
    const outcome = await this.#commit(writeSession(person.id, ended));
    settled();
    if (outcome === "saved") person.end(ended);
    return outcome;
  }

  /** Ends all sessions of a person, those of tokens that were never used here too, once that is saved. */
  async endSessions(person: Person): Promise<SaveOutcome> {
    const voidUntilMs = person.endOfAllMs(this.#moment());
    const { sessions } = person;
    const settled = person.startEnding({ sessions: sessions.map(({ id }) => id), voidUntilMs });
    const outcome = await this.#commit(new Map([...writePerson(person), ...eraseSessions(sessions)]));
    settled();
    if (outcome === "saved") this.#sessions -= person.voidTokens(voidUntilMs).length;
    return outcome;
  }

  /** Saves how much time was seen. Nothing is saved by itself after this. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#commit(writeSeen(this.#seen.now()));
  }

  #moment(): Moment {
    return { nowMs: this.#clock.now(), seenMs: this.#seen.now() };
  }

  #sessionOf(person: Person, proof: Proof, device: string): Session | "ended" {
    const { nowMs, seenMs } = this.#moment();
    const used = { device, createdAtMs: nowMs, usedAtMs: nowMs, seenAtMs: seenMs, isEnded: false };
    if (proof.kind === "code") {
      const issuedAtMs = person.issueAtMs({ nowMs, seenMs });
      return { ...used, id: this.#newId(SESSION_ID_BYTES) as SessionId, issuedAtMs };
    }
    const { session: id, issuedAtMs } = proof;
    const known = person.session(id, issuedAtMs);
    if (known === "ended") return "ended";
    if (known === undefined) return { ...used, id, issuedAtMs };
    const isLongAgo = [nowMs - known.usedAtMs, seenMs - known.seenAtMs].some(
      (ms) => Math.abs(ms) >= limits.nameUseSavedMs,
    );
    if (!isLongAgo && known.device === device && issuedAtMs <= known.issuedAtMs) return known;
    const newestMs = Math.max(issuedAtMs, known.issuedAtMs);
    return { ...known, device, usedAtMs: nowMs, seenAtMs: seenMs, issuedAtMs: newestMs };
  }

  #useSession(person: Person, session: Session): void {
    if (person.sessions.some(({ id }) => id === session.id)) {
      if (!person.sessions.includes(session)) person.replace(session);
      return;
    }
    const { sessionsMax, sessionsPerPerson, sessionsShare } = limits;
    this.#sessions += 1;
    const ended = person.begin(session, this.#sessions > sessionsMax ? sessionsShare : sessionsPerPerson);
    this.#sessions -= ended.length;
    if (ended.length === 0) return;
    this.#saved.delete(person); // its bound has moved, and is saved with the login
    void this.#commit(eraseSessions(ended));
  }

  #newPerson(emailHash: EmailHash): Person {
    const id = this.#newId(PERSON_ID_BYTES) as PersonId;
    return new Person({ id, emailHash, voidUntilMs: this.#voidUntilMs }, []);
  }

  #add(person: Person): void {
    this.#byId.set(person.id, person);
    this.#byEmail.set(person.emailHash, person);
  }

  /** A name of the person's is nobody's any more. Without one, all of them is forgotten; their id is never given again. */
  #freed(owner: PersonId): void {
    const person = this.#byId.get(owner);
    if (person === undefined) return;
    person.names -= 1;
    if (person.names > 0) return;
    this.#byId.delete(owner);
    this.#byEmail.delete(person.emailHash);
    this.#sessions -= person.sessions.length;
    this.#voidUntilMs = Math.max(this.#voidUntilMs, person.endedUntilMs);
    const changes = [erasePerson(owner), eraseSessions(person.sessions), writeVoid(this.#voidUntilMs)];
    void this.#commit(new Map(changes.flatMap((one) => [...one])));
  }

  #restore({ people, names, sessions }: SavedPeople): void {
    for (const saved of people) {
      const person = new Person(saved, []);
      this.#add(person);
      this.#saved.add(person);
    }
    for (const { owner } of names) {
      const person = this.#byId.get(owner);
      if (person !== undefined) person.names += 1;
    }
    for (const { person: id, session } of sessions) {
      this.#byId.get(id)?.begin(session, Number.POSITIVE_INFINITY);
      this.#saved.add(session);
      this.#sessions += 1;
    }
    this.#tidy();
  }

  /**
   * What has expired goes, and how much time was seen is saved, so that a crash takes little of it back. Again and again while
   * somebody is logged in.
   */
  #tidy(): void {
    this.#names.tidy();
    const moment = this.#moment();
    for (const person of this.#byId.values()) {
      const over = person.tidy(moment);
      this.#sessions -= over.length;
      if (over.length > 0) void this.#commit(new Map([...writePerson(person), ...eraseSessions(over)]));
    }
    void this.#commit(writeSeen(moment.seenMs));
    this.#timer = undefined;
    if (this.present > 0) this.#tidyLater();
  }

  #tidyLater(): void {
    this.#timer ??= this.#clock.after(limits.seenSavedMs, () => this.#tidy());
  }

  #commit(changes: Changes): Promise<SaveOutcome> {
    return this.#store?.commit(changes) ?? Promise.resolve("saved");
  }

  #newId(bytes: number): string {
    return Buffer.from(this.#random(bytes)).toString("base64url");
  }
}

/**
 * An address has one person. Where a full disk kept one that had been forgotten, the other has used a name of theirs later; the
 * forgotten one goes for good, and what had ended of theirs stays ended.
 */
function withoutForgotten(saved: SavedPeople): SavedPeople {
  const usedAtMs = new Map<PersonId, number>();
  for (const name of saved.names)
    usedAtMs.set(name.owner, Math.max(name.usedAtMs, usedAtMs.get(name.owner) ?? 0));
  const byUse = [...saved.people].sort((a, b) => (usedAtMs.get(a.id) ?? 0) - (usedAtMs.get(b.id) ?? 0));
  const latest = new Set(new Map(byUse.map((person) => [person.emailHash, person.id])).values());
  if (latest.size === saved.people.length) return saved;
  const people = saved.people.filter(({ id }) => latest.has(id));
  const forgotten = saved.people.filter(({ id }) => !latest.has(id));
  const gone = new Set(forgotten.map(({ id }) => id));
  const sessions = saved.sessions.filter(({ person }) => gone.has(person));
  const names = saved.names.filter(({ owner }) => gone.has(owner));
  const endedMs = sessions.flatMap(({ session }) => (session.isEnded ? [session.issuedAtMs] : []));
  const voidUntilMs = Math.max(
    saved.voidUntilMs,
    ...forgotten.map((person) => person.voidUntilMs),
    ...endedMs,
  );
  const changes = [
    ...[...forgotten.map(({ id }) => erasePerson(id)), ...names.map(({ key }) => eraseName(key))],
    ...[eraseSessions(sessions.map(({ session }) => session)), writeVoid(voidUntilMs)],
  ];
  void saved.store.commit(new Map(changes.flatMap((one) => [...one])));
  return {
    ...{ store: saved.store, seenMs: saved.seenMs, voidUntilMs, people },
    names: saved.names.filter(({ owner }) => !gone.has(owner)),
    sessions: saved.sessions.filter(({ person }) => !gone.has(person)),
  };
}

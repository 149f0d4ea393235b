/** How people, their names and their sessions are written down: the keys and the values of a store. */
import * as v from "valibot";
import type { Changes } from "../store/store.ts";
import type { SavedPerson, Session, SessionId } from "./person.ts";
import type { EmailHash, Name, NameKey, PersonId } from "./user.ts";

/** Whose a name is. */
export interface OwnedName extends Name {
  readonly owner: PersonId;
  /** Seen time of its last use, in ms. */
  readonly usedAtMs: number;
}

/** What is written of people under one key. */
export type PeopleEntry =
  | { kind: "people"; person: SavedPerson }
  | { kind: "name"; name: OwnedName }
  | { kind: "session"; person: PersonId; session: Session }
  | { kind: "seen"; seenMs: number }
  | { kind: "void"; voidUntilMs: number };

const keys = {
  people: (id: PersonId) => `people/${id}`,
  name: (key: NameKey) => `name/${key}`,
  session: (id: SessionId) => `session/${id}`,
  seen: "seen",
  void: "void",
} as const;

/** An id of a person; anything that is text. */
export const personId = v.custom<PersonId>((input) => typeof input === "string");
const nameKey = v.custom<NameKey>((input) => typeof input === "string");
const emailHash = v.custom<EmailHash>((input) => typeof input === "string");
const sessionId = v.custom<SessionId>((input) => typeof input === "string");
const ms = v.pipe(v.number(), v.safeInteger());

const values = {
  people: v.object({ id: personId, emailHash, voidUntilMs: ms }),
  name: v.object({ name: v.string(), key: nameKey, owner: personId, usedAtMs: ms }),
  session: v.object({
    person: personId,
    session: v.object({
      id: sessionId,
      device: v.string(),
      createdAtMs: ms,
      usedAtMs: ms,
      seenAtMs: ms,
      issuedAtMs: ms,
      isEnded: v.boolean(),
    }),
  }),
  seen: ms,
  void: ms,
} as const;

export function writePerson({ id, emailHash, voidUntilMs }: SavedPerson): Changes {
  return new Map([[keys.people(id), JSON.stringify({ id, emailHash, voidUntilMs })]]);
}
export function erasePerson(id: PersonId): Changes {
  return new Map([[keys.people(id), undefined]]);
}
export function writeName({ name, key, owner, usedAtMs }: OwnedName): Changes {
  return new Map([[keys.name(key), JSON.stringify({ name, key, owner, usedAtMs })]]);
}
export function eraseName(key: NameKey): Changes {
  return new Map([[keys.name(key), undefined]]);
}
export function writeSession(person: PersonId, session: Session): Changes {
  return new Map([[keys.session(session.id), JSON.stringify({ person, session })]]);
}
export function eraseSessions(sessions: readonly Session[]): Changes {
  return new Map(sessions.map(({ id }) => [keys.session(id), undefined]));
}
export function writeSeen(seenMs: number): Changes {
  return new Map([[keys.seen, JSON.stringify(seenMs)]]);
}

/** Up to when tokens of those who are not known are void. */
export function writeVoid(voidUntilMs: number): Changes {
  return new Map([[keys.void, JSON.stringify(voidUntilMs)]]);
}

/** Whether a key of the store is one of people's. */
export function isOfPeople(storeKey: string): boolean {
  const [kind = ""] = storeKey.split("/", 1);
  return Object.hasOwn(values, kind);
}

/** Reads an entry of people's; undefined where it is damaged. */
export function readPeopleEntry(storeKey: string, json: unknown): PeopleEntry | undefined {
  const [kind = ""] = storeKey.split("/", 1);
  switch (kind) {
    case "people":
      return parsed(values.people, json, (person) => ({ kind, person }));
    case "name":
      return parsed(values.name, json, (name) => ({ kind, name }));
    case "session":
      return parsed(values.session, json, (session) => ({ kind, ...session }));
    case "seen":
      return parsed(values.seen, json, (seenMs) => ({ kind, seenMs }));
    case "void":
      return parsed(values.void, json, (voidUntilMs) => ({ kind, voidUntilMs }));
    default:
      return undefined;
  }
}

/** Makes an entry of a value; undefined where the value is damaged. */
export function parsed<T, Entry>(
  schema: v.GenericSchema<unknown, T>,
  json: unknown,
  make: (value: T) => Entry,
): Entry | undefined {
  const result = v.safeParse(schema, json);
  return result.success ? make(result.output) : undefined;
}

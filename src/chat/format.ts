/** In which format a store is written, and how what Plume 0.4 has written is carried over. */
import * as v from "valibot";
import { eraseName, writeName, writePerson } from "../people/records.ts";
import { skeletonOf } from "../people/unicode.ts";
import type { EmailHash, NameKey, PersonId } from "../people/user.ts";
import type { Changes } from "../store/store.ts";
import type { Random } from "../system/random.ts";

/** Goes up when what is written can't be read by the Plume before. 2: people have ids. 1, which is not written down: Plume 0.4. */
export const FORMAT = 2;

export const FORMAT_KEY = "format";

/** The format that a store's entries say they have. */
export function readFormat(entries: ReadonlyMap<string, unknown>): unknown {
  return entries.get(FORMAT_KEY) ?? 1;
}

export function writeFormat(): Changes {
  return new Map([[FORMAT_KEY, JSON.stringify(FORMAT)]]);
}

const nameKey = v.custom<NameKey>((input) => typeof input === "string");
const emailHash = v.custom<EmailHash>((input) => typeof input === "string");
const user = v.object({ name: v.string(), key: nameKey });

/** What format 1 has under the keys that are written otherwise now. */
const before = {
  name: v.object({ key: nameKey, owner: emailHash, usedAtMs: v.number() }),
  line: v.looseObject({ user }),
  nonce: v.object({ key: nameKey, nonce: v.string() }),
  person: user,
  guest: v.object({ key: nameKey }),
};

/**
 * What has to change for entries of format 1 to be of this one. In 0.4 a name was all that somebody had; so whatever is under a
 * name becomes the person's whose it is now, and what is under a name that is nobody's becomes somebody's who can never log in.
 * An entry that is damaged stays as it is, for whoever reads it to say so.
 */
export function upgrade(entries: ReadonlyMap<string, unknown>, random: Random): Changes {
  const changes = new Map(writeFormat());
  const people = new Owners(random);
  for (const { key, owner } of namesIn(entries)) {
    const id = people.of(key, owner);
    for (const change of writePerson({ id, emailHash: owner, voidUntilMs: 0 })) changes.set(...change);
    // A name counts as used now: when it was is known by a clock that may have been wrong.
    const owned = { name: key, key: keyNow(key), owner: id, usedAtMs: 0 };
    for (const change of [...eraseName(key), ...writeName(owned)]) changes.set(...change);
  }
  for (const [key, json] of entries)
    for (const change of upgradeEntry(key, json, people)) changes.set(...change);
  return changes;
}

/** In the order of their last use: of two that look alike by today's rules, the later one is its owner's. */
function namesIn(entries: ReadonlyMap<string, unknown>): v.InferOutput<typeof before.name>[] {
  const names = [...entries].flatMap(([key, json]) => {
    const name = key.startsWith("name/") ? v.safeParse(before.name, json) : undefined;
    return name?.success ? [name.output] : [];
  });
  return names.sort((a, b) => a.usedAtMs - b.usedAtMs);
}

/** The rules by which names look alike have grown since. */
function keyNow(key: NameKey): NameKey {
  return skeletonOf(key) as NameKey;
}

function upgradeEntry(key: string, json: unknown, people: Owners): Changes {
  const [kind = "", epoch = ""] = key.split("/", 2);
  switch (kind) {
    case "line":
      return changed(before.line, json, (line) => [
        [key, { ...line, user: { id: people.of(line.user.key), name: line.user.name } }],
      ]);
    case "nonce":
      return changed(before.nonce, json, ({ key: name, nonce }) => [
        [key, { person: people.of(name), nonce }],
      ]);
    case "person":
      return changed(before.person, json, ({ name, key: nameKey }) => [
        [key, undefined],
        [`person/${epoch}/${keyNow(nameKey)}`, { id: people.of(nameKey), name, key: keyNow(nameKey) }],
      ]);
    case "guest":
      return changed(before.guest, json, ({ key: name }) => {
        const person = people.of(name);
        return [
          [key, undefined],
          [`guest/${epoch}/${person}`, { person }],
        ];
      });
    default:
      return new Map();
  }
}

function changed<T>(
  schema: v.GenericSchema<unknown, T>,
  json: unknown,
  change: (value: T) => [key: string, json: unknown][],
): Changes {
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return new Map();
  const made = change(parsed.output);
  return new Map(made.map(([key, value]) => [key, value === undefined ? undefined : JSON.stringify(value)]));
}

/** Whom the names of format 1 become. One address is one person, whatever names it had. */
class Owners {
  readonly #random: Random;
  readonly #byName = new Map<NameKey, PersonId>();
  readonly #byEmail = new Map<EmailHash, PersonId>();

  constructor(random: Random) {
    this.#random = random;
  }

  of(name: NameKey, owner?: EmailHash): PersonId {
    const known = this.#byName.get(name) ?? (owner === undefined ? undefined : this.#byEmail.get(owner));
    const id = known ?? (Buffer.from(this.#random(9)).toString("base64url") as PersonId);
    this.#byName.set(name, id);
    if (owner !== undefined) this.#byEmail.set(owner, id);
    return id;
  }
}

import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Entrance, People, type Proof, type Visit } from "../../src/people/people.ts";
import type { DetachReason } from "../../src/people/person.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

const byCode: Proof = { kind: "code" };

function setup() {
  const clock = new FakeClock();
  return { clock, people: new People({ clock, random: systemRandom }, undefined) };
}

function visit(entrance: Entrance): Visit {
  if (entrance.kind !== "entered") throw new Error(`nobody comes in: ${entrance.kind}`);
  return entrance.visit;
}

/** Comes in by a code, and has the token of that session. */
function begin(people: People, name: string, owner: string) {
  const came = visit(people.enter(identity(name, owner), byCode, "Firefox on Linux"));
  return { came, token: { kind: "token", ...people.issueToken(came) } as const };
}

/** A connection of the visit's; what it is told stands in the list. */
function attach({ person, session }: Visit, tab?: string): DetachReason[] {
  const told: DetachReason[] = [];
  person.attach({ session, tab, memberships: { rooms: () => [] }, end: (why) => void told.push(why) });
  return told;
}

describe("a person", () => {
  it("is one address, whatever its names, and has one id for good", () => {
    const { people } = setup();
    const { came } = begin(people, "Ann", "a");
    people.leave(came);
    const again = begin(people, "Annie", "a").came;
    expect(again.user).toMatchObject({ id: came.user.id, name: "Annie" });
    expect(begin(people, "Eve", "e").came.user.id).not.toBe(came.user.id);
  });

  it("is not who has their name later, nor do they come back as who they were when it is all gone", async () => {
    const { people, clock } = setup();
    const { came } = begin(people, "Bob", "b");
    people.leave(came);
    clock.skip(limits.nameUnusedMs);
    const eve = begin(people, "Bob", "e").came;
    expect(eve.user.key).toBe(came.user.key);
    expect(eve.user.id).not.toBe(came.user.id);
    const bob = begin(people, "Bobby", "b").came;
    expect([came.user.id, eve.user.id]).not.toContain(bob.user.id);
  });

  it("has up to the limit of names, and then uses one of theirs", () => {
    const { people } = setup();
    for (let n = 0; n < limits.namesPerPerson; n += 1) people.leave(begin(people, `Ann${n}x`, "a").came);
    expect(people.enter(identity("Another", "a"), byCode, "").kind).toBe("too many");
    expect(people.enter(identity("Ann3x", "a"), byCode, "").kind).toBe("entered");
    expect(people.enter(identity("Another", "b"), byCode, "").kind).toBe("entered");
  });

  it("comes back in a tab, and the tab's old connection is told so, and no other", () => {
    const { people } = setup();
    const { came } = begin(people, "Ann", "a");
    const [old, other, none] = [attach(came, "one"), attach(came, "two"), attach(came)];
    attach(came, "one");
    expect([old, other, none]).toEqual([["taken over"], [], []]);
  });
});

describe("a session", () => {
  it("that was logged out is ended for good, with its connections and all its tokens, and no other is", async () => {
    const { people, clock } = setup();
    const { came, token } = begin(people, "Ann", "a");
    clock.skip(2 * limits.sessionFreshMs);
    const newer = { kind: "token", ...people.issueToken(came) } as const;
    const other = begin(people, "Ann", "a");
    const [here, there] = [attach(came), attach(other.came)];
    expect(await people.endSession(came.person, came.session)).toBe("saved");
    expect([here, there]).toEqual([["logged out"], []]);
    for (const one of [token, newer]) expect(people.enter(identity("Ann", "a"), one, "").kind).toBe("ended");
    expect(people.enter(identity("Ann", "a"), other.token, "").kind).toBe("entered");
  });

  it("is ended with all others, those that this server has never seen too", async () => {
    const { people, clock } = setup();
    const { came, token } = begin(people, "Ann", "a");
    const unseen = { ...token, session: "never seen" as typeof token.session };
    const told = attach(came);
    await people.endSessions(came.person);
    expect(told).toEqual(["logged out"]);
    for (const one of [token, unseen]) expect(people.enter(identity("Ann", "a"), one, "").kind).toBe("ended");
    clock.setWall(Date.UTC(1970, 0, 2)); // whoever logs in by a code can come back with its token, whatever the clock says
    const again = begin(people, "Ann", "a");
    expect(people.enter(identity("Ann", "a"), again.token, "").kind).toBe("entered");
  });

  it("of somebody else's is not theirs to end", async () => {
    const { people } = setup();
    const { came, token } = begin(people, "Ann", "a");
    const told = attach(came);
    await people.endSession(begin(people, "Eve", "e").came.person, came.session);
    expect(told).toEqual([]);
    expect(people.enter(identity("Ann", "a"), token, "").kind).toBe("entered");
  });

  it("that ended stays ended while its token could be good by any clock, and is then forgotten", async () => {
    const { people, clock } = setup();
    const keeper = begin(people, "Ann", "a");
    const { came, token } = begin(people, "Ann", "a");
    await people.endSession(came.person, came.session);
    clock.setWall(clock.now() + 2 * limits.sessionValidMs); // ahead
    await clock.advance(2 * limits.seenSavedMs);
    expect(keeper.came.person.sessions.some(({ id }) => id === token.session)).toBe(true);
    clock.setWall(clock.now() - 2 * limits.sessionValidMs); // and back
    expect(people.enter(identity("Ann", "a"), token, "").kind).toBe("ended");
    await clock.advance(limits.sessionValidMs + 2 * limits.seenSavedMs);
    expect(keeper.came.person.sessions.some(({ id }) => id === token.session)).toBe(false);
  });

  it("over the limit makes the one go whose token is oldest, and its connections", () => {
    const { people, clock } = setup();
    const first = begin(people, "Ann", "a");
    const told = attach(first.came);
    const others = Array.from({ length: limits.sessionsPerPerson - 1 }, () => {
      clock.skip(1);
      return begin(people, "Ann", "a");
    });
    expect(told).toEqual([]);
    clock.skip(1);
    const last = begin(people, "Ann", "a");
    expect(told).toEqual(["logged out"]);
    expect(people.enter(identity("Ann", "a"), first.token, "").kind).toBe("ended");
    for (const { token } of [...others, last])
      expect(people.enter(identity("Ann", "a"), token, "").kind).toBe("entered");
  });
});

/** What ends sessions, while logins and writes are under way, clocks are wrong and people are forgotten. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { recover } from "../../src/chat/recovery.ts";
import { limits } from "../../src/limits.ts";
import { People, type Proof, type Visit } from "../../src/people/people.ts";
import type { DetachReason } from "../../src/people/person.ts";
import { Store } from "../../src/store/store.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { identity } from "../support/identity.ts";

type Token = Extract<Proof, { kind: "token" }>;

const DAY_MS = 86_400_000;
/** How long a write takes. */
const WRITE_MS = 100;

/** People as one server after another has them. */
class Servers {
  readonly clock = new FakeClock();
  readonly disk = new FakeDisk(this.clock);

  async start(): Promise<People> {
    this.disk.pullOut({ written: false });
    const store = new Store(this.disk.insert(), { clock: this.clock, logger: pino({ level: "silent" }) });
    const recovering = recover(store, { random: systemRandom, isCopy: false });
    await this.clock.advance(WRITE_MS);
    const recovery = await recovering;
    if (recovery.kind !== "saved") throw new Error(recovery.problem);
    return new People({ clock: this.clock, random: systemRandom }, recovery.people);
  }

  /** Comes in by a code, saved, and has the token of that session. */
  async begin(people: People, name = "Ann", owner = "a") {
    const { visit, token } = begin(people, name, owner);
    const saving = people.saved(visit);
    await this.clock.advance(2 * WRITE_MS);
    expect(await saving).toBe("saved");
    return { visit, token };
  }
}

function begin(people: People, name = "Ann", owner = "a"): { visit: Visit; token: Token } {
  const entrance = people.enter(identity(name, owner), { kind: "code" }, "a laptop");
  if (entrance.kind !== "entered") throw new Error(`nobody comes in: ${entrance.kind}`);
  return { visit: entrance.visit, token: { kind: "token", ...people.issueToken(entrance.visit) } };
}

function kindOf(people: People, token: Token, device = "a laptop") {
  return people.enter(identity("Ann", "a"), token, device).kind;
}

function attach({ person, session }: Visit): DetachReason[] {
  const told: DetachReason[] = [];
  person.attach({
    session,
    tab: undefined,
    memberships: { rooms: () => [] },
    end: (why) => void told.push(why),
  });
  return told;
}

describe.each([false, true])("a session that is ended (with all: %s)", (everywhere) => {
  const end = (people: People, { person, session }: Visit) =>
    everywhere ? people.endSessions(person) : people.endSession(person, session);

  it("logs nobody in while that is saved, from another device either, and is ended after a restart", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit, token } = await servers.begin(people);
    servers.disk.delayMs = WRITE_MS;
    const ending = end(people, visit);
    expect(kindOf(people, token, "a thief's phone")).toBe("ended");
    await servers.clock.advance(10 * WRITE_MS);
    expect(await ending).toBe("saved");
    expect(kindOf(await servers.start(), token)).toBe("ended");
  });

  it("closes the connection of a login that was being saved meanwhile", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit, token } = await servers.begin(people);
    servers.disk.delayMs = WRITE_MS;
    const entrance = people.enter(identity("Ann", "a"), token, "a thief's phone");
    const saving = entrance.kind === "entered" ? people.saved(entrance.visit) : undefined;
    const ending = end(people, visit);
    await servers.clock.advance(10 * WRITE_MS);
    expect([await saving, await ending]).toEqual(["saved", "saved"]);
    expect(entrance.kind === "entered" && attach(entrance.visit)).toEqual(["logged out"]);
    expect(kindOf(await servers.start(), token)).toBe("ended");
  });

  it("is ended from the moment that this is said, though the server is killed then", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit, token } = await servers.begin(people);
    let next: Promise<People> | undefined;
    servers.disk.delayMs = WRITE_MS;
    void end(people, visit).then(() => {
      servers.disk.delayMs = 0;
      next = servers.start();
    });
    await servers.clock.advance(10 * WRITE_MS);
    if (next === undefined) throw new Error("it was never said");
    expect(kindOf(await next, token)).toBe("ended");
  });

  it("can log in again where that could not be saved", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit, token } = await servers.begin(people);
    servers.disk.isFull = true;
    const ending = end(people, visit);
    await servers.clock.advance(WRITE_MS);
    expect(await ending).toBe("failed");
    expect(kindOf(people, token)).toBe("entered");
  });

  it("is ended for a token that was issued while the clock was ahead", async () => {
    const clock = new FakeClock();
    const people = new People({ clock, random: systemRandom }, undefined);
    const { visit } = begin(people);
    const rightMs = clock.now();
    clock.setWall(rightMs + 400 * DAY_MS);
    const ahead: Token = { kind: "token", ...people.issueToken(visit) };
    clock.setWall(rightMs + 2 * DAY_MS);
    people.issueToken(visit);
    await end(people, visit);
    expect(kindOf(people, ahead)).toBe("ended");
  });

  it("stays ended when it is forgotten, and when its person is, though the clock goes back", async () => {
    const servers = new Servers();
    const { clock } = servers;
    const people = await servers.start();
    const issuedMs = clock.now();
    const { visit, token } = await servers.begin(people);
    const keeper = await servers.begin(people, "Bob", "b");
    const ending = end(people, visit);
    await clock.advance(WRITE_MS);
    await ending;
    people.leave(visit);
    clock.skip(limits.sessionValidMs + DAY_MS);
    await clock.advance(limits.seenSavedMs);
    expect(visit.person.sessions).toEqual([]);
    clock.setWall(issuedMs);
    expect(kindOf(people, token)).toBe("ended");
    clock.skip(limits.nameUnusedMs);
    await clock.advance(limits.seenSavedMs);
    expect(people.isTaken(identity("Ann", "a").name)).toBe(false);
    clock.setWall(issuedMs);
    expect(kindOf(people, token)).toBe("ended");
    expect(kindOf(await servers.start(), token)).toBe("ended");
    people.leave(keeper.visit);
  });
});

describe("a session", () => {
  it("that somebody is on is not forgotten, however long ago they logged in, and can be ended", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit } = await servers.begin(people);
    const told = attach(visit);
    servers.clock.skip(2 * limits.sessionValidMs);
    await servers.clock.advance(limits.seenSavedMs);
    const other = await servers.begin(people);
    expect(other.visit.person.sessions).toHaveLength(2);
    const ending = people.endSessions(other.visit.person);
    await servers.clock.advance(WRITE_MS);
    await ending;
    expect(told).toEqual(["logged out"]);
  });

  it("begins by a code over the limit though the clock says 1970, and an older one ends", () => {
    const clock = new FakeClock();
    const people = new People({ clock, random: systemRandom }, undefined);
    const tokens = Array.from({ length: limits.sessionsPerPerson }, () => {
      clock.skip(1);
      return begin(people).token;
    });
    clock.setWall(0);
    const { visit, token } = begin(people);
    expect(attach(visit)).toEqual([]);
    expect(kindOf(people, token)).toBe("entered");
    expect(tokens.map((one) => kindOf(people, one))).toEqual([
      "ended",
      ...tokens.slice(1).map(() => "entered"),
    ]);
  });
});

describe("somebody who is forgotten while the disk is full", () => {
  it("is one person after a restart: who they came back as", async () => {
    const servers = new Servers();
    const people = await servers.start();
    const { visit: before, token } = await servers.begin(people);
    const ending = people.endSession(before.person, before.session);
    await servers.clock.advance(WRITE_MS);
    await ending;
    people.leave(before);
    servers.disk.isFull = true;
    servers.clock.skip(limits.nameUnusedMs);
    await servers.clock.advance(limits.seenSavedMs + WRITE_MS);
    servers.disk.isFull = false;
    await servers.clock.advance(limits.saveRetryMs);
    const { visit: after } = await servers.begin(people, "Annie");
    const next = await servers.start();
    expect(begin(next, "Annie").visit.user.id).toBe(after.user.id);
    expect(next.isTaken(identity("Ann", "a").name)).toBe(false);
    servers.clock.setWall(token.issuedAtMs);
    expect(kindOf(next, token)).toBe("ended");
  });
});

describe("at the limit of names", () => {
  it("somebody whose only name has expired takes another as who they were not any more", () => {
    const clock = new FakeClock();
    const names = Array.from({ length: limits.namesMax - 1 }, (_, n) => ({
      ...{ name: `n${n}`, key: `n${n}` as ReturnType<typeof identity>["name"]["key"] },
      ...{ owner: "others" as Visit["user"]["id"], usedAtMs: 0 },
    }));
    const disk = new FakeDisk(clock);
    const store = new Store(disk.insert(), { clock, logger: pino({ level: "silent" }) });
    const saved = { store, names, people: [], sessions: [], seenMs: DAY_MS, voidUntilMs: 0 };
    const people = new People({ clock, random: systemRandom }, saved);
    const before = begin(people).visit;
    people.leave(before);
    clock.skip(limits.nameUnusedMs);
    const first = begin(people, "Annie").visit;
    const second = begin(people, "Annie").visit;
    expect(first.user.id).not.toBe(before.user.id);
    expect(second.user.id).toBe(first.user.id);
  });
});

import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { Names } from "../../src/people/names.ts";
import { SeenTime } from "../../src/people/seen-time.ts";
import type { Name, NameKey, PersonId } from "../../src/people/user.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

/** A name, and whose it is to be. */
type Claim = [name: Name, owner: PersonId];

function claim(name: string, owner: string): Claim {
  return [identity(name, owner).name, owner as PersonId];
}

/** One of many, without the work of checking the name. */
function stranger(n: number): Claim {
  return [{ name: `n${n}`, key: `n${n}` as NameKey }, `p${n}` as PersonId];
}

function setup() {
  const clock = new FakeClock();
  const freed: PersonId[] = [];
  const options = { store: undefined, names: [], freed: (owner: PersonId) => void freed.push(owner) };
  return { clock, freed, names: new Names({ seen: new SeenTime(clock, 0), ...options }) };
}

describe("a name", () => {
  test("defect 9: is won by exactly one of two that claim it", () => {
    const { names } = setup();
    const claims = [names.claim(...claim("Ann", "a")), names.claim(...claim("Ann", "b"))];
    expect(claims).toEqual(["new", "taken"]);
  });

  test("defect 10: is taken under all its look-alikes", () => {
    const { names } = setup();
    names.claim(...claim("Alice", "a"));
    expect(["alice", "ALICE", "AIice", "Ａlice"].map((name) => names.claim(...claim(name, "b")))).toEqual(
      Array(4).fill("taken"),
    );
    expect(names.size).toBe(1);
  });

  test("can be claimed by its owner in any tab, and stays the owner's when all are gone", () => {
    const { names } = setup();
    expect([names.claim(...claim("Ann", "a")), names.claim(...claim("ann", "a"))]).toEqual([
      "new",
      "claimed",
    ]);
    names.release(...claim("Ann", "a"));
    names.release(...claim("Ann", "a"));
    expect(names.claim(...claim("Ann", "b"))).toBe("taken");
  });

  test("cannot be released more often than it was claimed, or by somebody else", () => {
    const { names } = setup();
    names.claim(...claim("Ann", "a"));
    expect(() => names.release(...claim("Ann", "b"))).toThrow("nobody had claimed");
    names.release(...claim("Ann", "a"));
    expect(() => names.release(...claim("Ann", "a"))).toThrow("nobody had claimed");
  });
});

describe("defect 13: a name nobody uses", () => {
  test("is free again at the limit, and not a millisecond before", () => {
    const { clock, names } = setup();
    names.claim(...claim("Ann", "a"));
    names.release(...claim("Ann", "a"));
    clock.skip(limits.nameUnusedMs - 1);
    expect(names.claim(...claim("Ann", "b"))).toBe("taken");
    clock.skip(1);
    expect(names.claim(...claim("Ann", "b"))).toBe("new");
    expect(names.claim(...claim("Ann", "a"))).toBe("taken");
  });

  test("is kept while somebody is there with it, however long", () => {
    const { clock, names } = setup();
    names.claim(...claim("Ann", "a"));
    clock.skip(10 * limits.nameUnusedMs);
    expect(names.claim(...claim("Ann", "b"))).toBe("taken");
    names.release(...claim("Ann", "a"));
    clock.skip(limits.nameUnusedMs - 1);
    expect(names.claim(...claim("Ann", "b"))).toBe("taken");
  });

  test("is kept by its owner, who comes back before anybody else asks for it", () => {
    const { clock, names } = setup();
    names.claim(...claim("Ann", "a"));
    names.release(...claim("Ann", "a"));
    clock.skip(2 * limits.nameUnusedMs);
    expect(names.claim(...claim("Ann", "a"))).toBe("claimed");
    expect(names.claim(...claim("Ann", "b"))).toBe("taken");
  });
});

test("when all names are taken there are no new ones, until one has expired", () => {
  const { clock, names } = setup();
  names.claim(...claim("stays", "s"));
  for (let n = 1; n < limits.namesMax; n += 1) {
    const person = stranger(n);
    names.claim(...person);
    names.release(...person);
  }
  expect(names.claim(...claim("new", "x"))).toBe("full");
  expect(names.claim(...stranger(1))).toBe("claimed");
  expect(names.size).toBe(limits.namesMax);
  clock.skip(limits.nameUnusedMs);
  names.makeRoom();
  expect(names.claim(...claim("new", "x"))).toBe("new");
  expect(names.size).toBe(3);
  expect(names.claim(...claim("stays", "x"))).toBe("taken");
});

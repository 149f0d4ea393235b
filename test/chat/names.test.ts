import { describe, expect, test } from "vitest";
import { Names } from "../../src/chat/names.ts";
import type { EmailHash, Identity, NameKey } from "../../src/chat/user.ts";
import { limits } from "../../src/limits.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

/** One of many, without the work of checking the name. */
function stranger(n: number): Identity {
  return { user: { name: `n${n}`, key: `n${n}` as NameKey }, emailHash: `e${n}` as EmailHash };
}

function setup() {
  const clock = new FakeClock();
  return { clock, names: new Names(clock) };
}

describe("a name", () => {
  test("defect 9: is won by exactly one of two that claim it", () => {
    const { names } = setup();
    const claims = [names.claim(identity("Ann", "a")), names.claim(identity("Ann", "b"))];
    expect(claims).toEqual(["claimed", "taken"]);
  });

  test("defect 10: is taken under all its look-alikes", () => {
    const { names } = setup();
    names.claim(identity("Alice", "a"));
    expect(["alice", "ALICE", "AIice", "Ａlice"].map((name) => names.claim(identity(name, "b")))).toEqual(
      Array(4).fill("taken"),
    );
    expect(names.size).toBe(1);
  });

  test("can be claimed by its owner in any tab, and stays the owner's when all are gone", () => {
    const { names } = setup();
    expect([names.claim(identity("Ann", "a")), names.claim(identity("ann", "a"))]).toEqual([
      "claimed",
      "claimed",
    ]);
    names.release(identity("Ann", "a"));
    names.release(identity("Ann", "a"));
    expect(names.claim(identity("Ann", "b"))).toBe("taken");
  });

  test("cannot be released more often than it was claimed, or by somebody else", () => {
    const { names } = setup();
    names.claim(identity("Ann", "a"));
    expect(() => names.release(identity("Ann", "b"))).toThrow("nobody had claimed");
    names.release(identity("Ann", "a"));
    expect(() => names.release(identity("Ann", "a"))).toThrow("nobody had claimed");
  });
});

describe("defect 13: a name nobody uses", () => {
  test("is free again at the limit, and not a millisecond before", () => {
    const { clock, names } = setup();
    names.claim(identity("Ann", "a"));
    names.release(identity("Ann", "a"));
    clock.skip(limits.nameUnusedMs - 1);
    expect(names.claim(identity("Ann", "b"))).toBe("taken");
    clock.skip(1);
    expect(names.claim(identity("Ann", "b"))).toBe("claimed");
    expect(names.claim(identity("Ann", "a"))).toBe("taken");
  });

  test("is kept while somebody is there with it, however long", () => {
    const { clock, names } = setup();
    names.claim(identity("Ann", "a"));
    clock.skip(10 * limits.nameUnusedMs);
    expect(names.claim(identity("Ann", "b"))).toBe("taken");
    names.release(identity("Ann", "a"));
    clock.skip(limits.nameUnusedMs - 1);
    expect(names.claim(identity("Ann", "b"))).toBe("taken");
  });

  test("is kept by its owner, who comes back before anybody else asks for it", () => {
    const { clock, names } = setup();
    names.claim(identity("Ann", "a"));
    names.release(identity("Ann", "a"));
    clock.skip(2 * limits.nameUnusedMs);
    expect(names.claim(identity("Ann", "a"))).toBe("claimed");
    expect(names.claim(identity("Ann", "b"))).toBe("taken");
  });
});

test("when all names are taken there are no new ones, until one has expired", () => {
  const { clock, names } = setup();
  const stays = identity("stays", "s");
  names.claim(stays);
  for (let n = 1; n < limits.namesMax; n += 1) {
    const person = stranger(n);
    names.claim(person);
    names.release(person);
  }
  expect(names.claim(identity("new", "x"))).toBe("full");
  expect(names.claim(stranger(1))).toBe("claimed");
  expect(names.size).toBe(limits.namesMax);
  clock.skip(limits.nameUnusedMs);
  expect(names.claim(identity("new", "x"))).toBe("claimed");
  expect(names.size).toBe(3);
  expect(names.claim(identity("stays", "x"))).toBe("taken");
});

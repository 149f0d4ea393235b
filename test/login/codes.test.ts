import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { LoginCodes } from "../../src/login/codes.ts";
import type { EmailHash, Identity } from "../../src/people/user.ts";
import { type Random, systemRandom } from "../../src/system/random.ts";
import { anyString } from "../support/any-string.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

const ann = identity("Ann", "a");
const eve = identity("Eve", "e");

function setup(random: Random = systemRandom) {
  const clock = new FakeClock();
  const codes = new LoginCodes({ secret: Buffer.alloc(32, "one secret"), clock, random });
  return { clock, codes, issue: (to: Identity = ann, peer?: string) => issue(codes, to, peer) };
}

function issue(codes: LoginCodes, to: Identity, peer = "home") {
  const issued = codes.issue(to, peer);
  if (issued.kind === "full") throw new Error(issued.problem);
  return issued;
}

/** A code that is not `code`. */
function wrong(code: string): string {
  return code.replace(/^./, (first) => (first === "X" ? "Y" : "X"));
}

describe("a code", () => {
  test("proves who asked for it", () => {
    const { code, attempt } = setup().issue();
    expect(attempt.redeem(code)).toEqual({ kind: "accepted", identity: ann });
  });

  test("defect 1: has 30 bits in 6 characters that do not look alike", () => {
    const { issue } = setup();
    for (let n = 0; n < 1_000; n += 1) expect(issue().code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
  });

  test("defect 1: is drawn without favouring any symbol", () => {
    let next = 0;
    const everyByte: Random = (bytes) => Uint8Array.from({ length: bytes }, () => next++ % 256);
    const { issue } = setup(everyByte);
    const drawn = Array.from({ length: 128 }, () => issue().code).join("");
    const counts = new Map<string, number>();
    for (const symbol of drawn) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    expect(counts.size).toBe(32);
    expect(new Set(counts.values())).toEqual(new Set([24]));
  });

  test("defect 1: can be typed in either case, with separators, and with look-alikes of 0 and 1", () => {
    const bytes = Uint8Array.of(0, 1, 10, 1, 0, 31);
    const spellings = ["01A10Z", "01a10z", " 01A-10Z ", "0 1 A 1 0 Z", "OlaIoz", "oLA-1Oz"];
    for (const typed of spellings) {
      const { code, attempt } = setup(() => bytes).issue();
      expect(code).toBe("01A10Z");
      expect(attempt.redeem(typed).kind, typed).toBe("accepted");
    }
  });

  test("is valid until the limit, and not a millisecond longer", () => {
    const { clock, issue } = setup();
    const first = issue();
    const second = issue(eve);
    clock.skip(limits.codeValidMs - 1);
    expect(first.attempt.redeem(first.code).kind).toBe("accepted");
    clock.skip(1);
    expect(second.attempt.redeem(second.code)).toMatchObject({ kind: "void", code: "expired" });
  });

  test("is void when whoever asked for it is gone", () => {
    const { codes, issue } = setup();
    const { code, attempt } = issue();
    attempt.discard();
    expect(attempt.redeem(code)).toMatchObject({ kind: "void", code: "discarded" });
    expect(codes.size).toBe(0);
  });
});

describe("guessing", () => {
  test("A11: stays good beside those that others ask for, however many", () => {
    const { codes } = setup();
    const anns = issue(codes, ann, "home");
    for (let n = 0; n < 100; n += 1) issue(codes, ann, `eve ${n}`);
    for (let n = 0; n < 100; n += 1) issue(codes, ann, "eve");
    expect(anns.attempt.redeem(anns.code)).toEqual({ kind: "accepted", identity: ann });
  });

  test("A11: stays good when who asked for it asks again, and fits that attempt too", () => {
    for (const [typed, where] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const { codes } = setup();
      const asked = [issue(codes, ann), issue(codes, ann)] as const;
      expect(asked[where].attempt.redeem(asked[typed].code)).toEqual({ kind: "accepted", identity: ann });
      expect(asked[typed].attempt.redeem(asked[typed].code)).toMatchObject({ kind: "void", code: "used" });
    }
  });

  test("fits no attempt from another network address, nor for another name or address", () => {
    const { codes } = setup();
    const { code } = issue(codes, ann, "home");
    for (const [to, peer] of [
      [ann, "elsewhere"],
      [identity("Anna", "a"), "home"],
      [identity("Ann", "b"), "home"],
    ] as const)
      expect(issue(codes, to, peer).attempt.redeem(code).kind).toBe("wrong");
  });

  test("of more than there may be for an address and a network address, the oldest is void", () => {
    const { codes } = setup();
    const asked = Array.from({ length: limits.codesPerAddress + 1 }, () => issue(codes, ann));
    expect(codes.size).toBe(limits.codesPerAddress);
    const [first, second] = asked;
    expect(first?.attempt.redeem(first.code)).toMatchObject({ kind: "void", code: "replaced" });
    expect(second?.attempt.redeem(second.code).kind).toBe("accepted");
  });

  test("is guessed from one network address no more often than is allowed over all attempts, and from others all the same", () => {
    const { clock, codes } = setup();
    const guess = (peer: string) => {
      let wrongs = 0;
      for (let n = 0; n < 20; n += 1) {
        const { attempt, code } = issue(codes, ann, peer);
        for (let tries = 0; tries < limits.codeTries; tries += 1) {
          const { kind } = attempt.redeem(wrong(code));
          if (kind === "wrong" || kind === "void") wrongs += 1;
        }
      }
      return wrongs;
    };
    expect(guess("eve")).toBe(limits.codeTriesPerPeerAtOnce);
    const { attempt, code } = issue(codes, ann, "eve");
    expect(attempt.redeem(code)).toMatchObject({ kind: "wait", problem: /network address, try again in/ });
    expect(guess("other")).toBe(limits.codeTriesPerPeerAtOnce);
    const anns = issue(codes, ann, "home");
    expect(anns.attempt.redeem(anns.code).kind).toBe("accepted");
    clock.skip(3_600_000 / limits.codeTriesPerPeerPerHour);
    expect(guess("eve")).toBe(1);
    expect(issue(codes, eve, "eve").attempt.redeem("ZZZZZZ").kind).toBe("wrong");
  });

  test("defect 2: codes are capped, and there is room again when one expires", () => {
    const { clock, codes } = setup();
    const somebody = (n: number) => ({ ...ann, emailHash: `${n}` as EmailHash });
    for (let n = 0; n < limits.codesMax; n += 1) issue(codes, somebody(n));
    clock.skip(1_000);
    const retryAfterMs = limits.codeValidMs - 1_000;
    expect(codes.issue(eve, "home")).toMatchObject({ kind: "full", retryAfterMs });
    clock.skip(retryAfterMs);
    expect(codes.issue(eve, "home").kind).toBe("issued");
  });

  test("defect 3: a code fits no attempt but its own", () => {
    const { issue } = setup();
    const anns = issue(ann);
    const eves = issue(eve);
    expect(eves.attempt.redeem(anns.code).kind).toBe("wrong");
    expect(anns.attempt.redeem(anns.code)).toEqual({ kind: "accepted", identity: ann });
  });

  test("defect 3: the last of the wrong tries voids the code, and the right one no longer helps", () => {
    const { codes, issue } = setup();
    const { code, attempt } = issue();
    for (let triesLeft = limits.codeTries - 1; triesLeft > 0; triesLeft -= 1) {
      expect(attempt.redeem(wrong(code))).toMatchObject({ kind: "wrong", triesLeft });
    }
    expect(attempt.redeem(wrong(code))).toMatchObject({ kind: "void", code: "tries" });
    expect(attempt.redeem(code)).toMatchObject({ kind: "void", code: "tries" });
    expect(codes.size).toBe(0);
  });

  test("defect 4: a code works once, also when two arrive at once", () => {
    const { codes, issue } = setup();
    const { code, attempt } = issue();
    const results = [attempt.redeem(code), attempt.redeem(code), attempt.redeem(code)];
    expect(results.map((result) => result.kind)).toEqual(["accepted", "void", "void"]);
    expect(results[1]).toMatchObject({ code: "used" });
    expect(codes.size).toBe(0);
  });

  test("defect 5: two who draw the same code log in as themselves", () => {
    const { issue } = setup((bytes) => new Uint8Array(bytes));
    const anns = issue(ann);
    const eves = issue(eve);
    expect(anns.code).toBe(eves.code);
    expect(anns.attempt.redeem(anns.code)).toEqual({ kind: "accepted", identity: ann });
    expect(eves.attempt.redeem(eves.code)).toEqual({ kind: "accepted", identity: eve });
  });

  test("defect 6: a code costs no timer, and is forgotten when the next is asked for after it has expired", () => {
    const { clock, codes, issue } = setup();
    issue(ann);
    clock.skip(limits.codeValidMs);
    issue(eve);
    expect(codes.size).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test("defect 7: what is kept of a code does not tell it", () => {
    const { code, attempt } = setup().issue();
    expect(JSON.stringify(attempt)).not.toContain(code);
    expect(Object.values(attempt)).not.toContain(code);
  });

  test("nothing that is typed throws or is taken for the code", () => {
    let ids = 0;
    const random: Random = (bytes) =>
      bytes === limits.codeCharacters
        ? Uint8Array.of(31, 30, 29, 28, 27, 26)
        : Uint8Array.of(ids >> 8, ids++);
    const { issue } = setup(random);
    let peers = 0;
    fc.assert(
      fc.property(anyString(), (typed) => {
        fc.pre(!typed.toUpperCase().includes("ZYXWVT"));
        peers += 1;
        expect(issue(ann, `peer ${peers}`).attempt.redeem(typed).kind).toBe("wrong");
      }),
    );
    expect(issue(ann, "another").attempt.redeem("Z".repeat(1_000_000)).kind).toBe("wrong");
  });
});

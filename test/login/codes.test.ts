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
  return { clock, codes, issue: (to: Identity = ann) => issue(codes, to) };
}

function issue(codes: LoginCodes, to: Identity) {
  const issued = codes.issue(to);
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
  test("defect 2: there is one live code per address, the newest", () => {
    const { codes, issue } = setup();
    const attempts = Array.from({ length: 100 }, () => issue());
    expect(codes.size).toBe(1);
    const last = attempts.pop();
    for (const { code, attempt } of attempts) {
      expect(attempt.redeem(code)).toMatchObject({ kind: "void", code: "replaced" });
      attempt.discard();
    }
    expect(last?.attempt.redeem(last.code).kind).toBe("accepted");
  });

  test("defect 2: codes are capped, and there is room again when one expires", () => {
    const { clock, codes } = setup();
    const somebody = (n: number) => ({ ...ann, emailHash: `${n}` as EmailHash });
    for (let n = 0; n < limits.codesMax; n += 1) issue(codes, somebody(n));
    clock.skip(1_000);
    const retryAfterMs = limits.codeValidMs - 1_000;
    expect(codes.issue(eve)).toMatchObject({ kind: "full", retryAfterMs });
    expect(codes.issue(somebody(7)).kind).toBe("issued");
    clock.skip(retryAfterMs);
    expect(codes.issue(eve).kind).toBe("issued");
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
    const { issue } = setup(() => Uint8Array.of(31, 30, 29, 28, 27, 26));
    fc.assert(
      fc.property(anyString(), (typed) => {
        fc.pre(!typed.toUpperCase().includes("ZYXWVT"));
        expect(issue().attempt.redeem(typed).kind).toBe("wrong");
      }),
    );
    expect(issue().attempt.redeem("Z".repeat(1_000_000)).kind).toBe("wrong");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Email, mailboxOf, parseEmail } from "../../src/login/address.ts";
import { anyString } from "../support/any-string.ts";

describe("a mail address is taken", () => {
  test.each([
    ["ann@example.com", "ann@example.com"],
    ["  ann@example.com \r\n", "ann@example.com"],
    ["ann+plume@mail.example.co.uk", "ann+plume@mail.example.co.uk"],
    ["a.n.n@gmail.com", "a.n.n@gmail.com"],
    ["o'brien_1-2@example.com", "o'brien_1-2@example.com"],
    ["ann@münchen.de", "ann@xn--mnchen-3ya.de"],
    ["ann@xn--mnchen-3ya.de", "ann@xn--mnchen-3ya.de"],
    ["ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"],
  ])("%j as %s", (raw, email) => expect(parseEmail(raw)).toEqual({ kind: "email", email }));

  test.each([
    ["Ann@Example.COM", "ann@example.com"],
    ["ann@MÜNCHEN.de", "ann@münchen.de"],
  ])("defect 10: %s is %s, however it is written", (one, other) => {
    expect(parseEmail(one)).toEqual(parseEmail(other));
  });
});

describe("defects 8 and 34: what is not one mail address is refused", () => {
  test.each([
    ["", "empty"],
    [" \n", "empty"],
    [`${"a".repeat(60)}@${"b".repeat(limits.emailBytesMax - 64)}.com`, "too-long"],
    [`a@${"ü.".repeat(35)}de`, "too-long"],
    ["ann", "invalid"],
    ["ann@", "invalid"],
    ["@example.com", "invalid"],
    ["ann@localhost", "invalid"],
    ["ann@example", "invalid"],
    ["ann@@example.com", "invalid"],
    ["ann@eve@example.com", "invalid"],
    ["ann@example.com, eve@example.com", "invalid"],
    ["ann@example.com,eve@example.com", "invalid"],
    ["ann@example.com;eve@example.com", "invalid"],
    ["ann@example.com eve@example.com", "invalid"],
    ["ann@example.com\r\nBcc: eve@example.com", "invalid"],
    ["ann\r\nBcc:eve@example.com", "invalid"],
    ["ann@exam\tple.com", "invalid"],
    ["ann@example.com\u0000", "invalid"],
    ["Ann <ann@example.com>", "invalid"],
    ["<ann@example.com>", "invalid"],
    ['"ann,eve"@example.com', "invalid"],
    ['"ann@evil.com>,"@example.com', "invalid"],
    ["ann(comment)@example.com", "invalid"],
    ["ann@[127.0.0.1]", "invalid"],
    ["ann@127.0.0.1", "invalid"],
    ["ann@１２７.0.0.1", "invalid"],
    ["ann@[IPv6:::1]", "invalid"],
    ["ann@example.com:25", "invalid"],
    ["ann@example.com/x", "invalid"],
    ["ann@ex%61mple.com", "invalid"],
    ["ann@-example.com", "invalid"],
    ["ann..eve@example.com", "invalid"],
    ["änn@example.com", "invalid"],
    ["ann＠example.com", "invalid"],
    ["ann@example.com\u200b", "invalid"],
    ["ann@ex\u202eample.com", "invalid"],
  ])("%j is %s", (raw, code) => {
    expect(parseEmail(raw)).toMatchObject({ kind: "refused", code, problem: expect.stringMatching(/mail/) });
  });

  test("and one of any length is too long", () => {
    expect(parseEmail("a".repeat(100_000))).toMatchObject({ kind: "refused", code: "too-long" });
  });
});

test.each([
  ["ann@example.org", "ann@example.org"],
  ["ann+x@example.org", "ann@example.org"],
  ["ann+x+y@example.org", "ann@example.org"],
  ["ann+@example.org", "ann@example.org"],
  ["a.nn@example.org", "a.nn@example.org"],
  ["+x@example.org", "+x@example.org"],
])("A11: for limits the mailbox of %s is that of %s", (address, mailbox) => {
  expect(mailboxOf(address as Email)).toBe(mailbox);
});

describe("for any text", () => {
  const anyText = fc.oneof(
    anyString(),
    fc.string({ unit: fc.constantFrom(..."aZ@..,;<>\"'\r\n\t :()[]%+ü-\u0000"), maxLength: 30 }),
    fc
      .tuple(anyString(9), fc.string({ unit: "grapheme", maxLength: 9 }))
      .map(([local, domain]) => `${local}@${domain}.com`),
    fc.emailAddress(),
  );

  test("parseEmail never throws, and what it takes is plain, short, small and taken again as it is", () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const parsed = parseEmail(raw);
        if (parsed.kind === "refused") return;
        expect(parsed.email).toMatch(/^[!-~]+@[a-z0-9.-]+$/);
        expect(parsed.email).not.toMatch(/[\s,;<>"()A-Z]/);
        expect(parsed.email.length).toBeLessThanOrEqual(limits.emailBytesMax);
        expect(parseEmail(parsed.email)).toEqual(parsed);
      }),
      { numRuns: 3_000 },
    );
  });
});

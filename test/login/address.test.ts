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
    // What a paste brings along.
    ["\u202aann@example.com\u202c", "ann@example.com"],
    ["ann@example.com\u200b", "ann@example.com"],
    ["\ufeffann@example.com\u00a0", "ann@example.com"],
    ["an\u00adn@exam\u200bple.c\u2060om", "ann@example.com"],
    ["ann@exam\u200dple.com", "ann@example.com"],
    ["ann＠example.com", "ann@example.com"],
    ["ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ann@example.com"],
    ["ann@example。com", "ann@example.com"],
    ["ann@example.com,", "ann@example.com"],
    ["mailto:ann@example.com", "ann@example.com"],
    ["Ann Doe <ann@example.com>", "ann@example.com"],
    ['"Doe, Ann" <ann@example.com>;', "ann@example.com"],
    ["<Ann@Example.com>", "ann@example.com"],
    ["Ann\u200b <\u2068ann@example.com\u2069>", "ann@example.com"],
    // Letters of any script before the @, which a relay with SMTPUTF8 takes.
    ["jörg@example.de", "jörg@example.de"],
    ["JO\u0308RG@example.de", "jörg@example.de"],
    ["用户@例え.テスト", "用户@xn--r8jz45g.xn--zckzah"],
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
    ["Ann\nBcc: <ann@example.com>", "invalid"],
    ["Ann <ann@example.com> <eve@example.com>", "invalid"],
    ["ann@example.com <eve@example.com>", "invalid"],
    ["Ann <ann@example.com", "invalid"],
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
    ["ann\u3164@example.com", "invalid"],
    ["\u0308@example\u202e.com", "invalid"],
    ["ann@ex\u202eample.com", "invalid"],
  ])("%j is %s", (raw, code) => {
    expect(parseEmail(raw)).toMatchObject({ kind: "refused", code, problem: expect.stringMatching(/mail/) });
  });

  test.each([
    ["ann@ex\u202eample.com", "an invisible mark that turns the direction of what is written (U+202E)"],
    ["ann doe@example.com", "a space (U+0020)"],
    ["ann\u3000doe@example.com", "a space (U+3000)"],
    ["ann@exam\u0000ple.com", "a control character (U+0000)"],
    ["ann\u3164@example.com", "an invisible character (U+3164)"],
    ["ann@exa,mple.com", '"," (U+002C)'],
    ["ann🎉@example.com", '"🎉" (U+1F389)'],
  ])("%j is refused by a sentence that names the character", (raw, named) => {
    expect(parseEmail(raw)).toMatchObject({ problem: expect.stringContaining(`cannot have ${named} in it`) });
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
    fc.string({
      unit: fc.constantFrom(..."aZ@..,;<>\"'\r\n\t :()[]%+ü-\u0000\u200b\u202e＠．\u0308"),
      maxLength: 30,
    }),
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
        expect(parsed.email).toMatch(/^[!-~\p{L}\p{M}\p{Nd}]+@[a-z0-9.-]+$/u);
        expect(parsed.email).not.toMatch(/[\s,;<>"()A-Z]|\p{Default_Ignorable_Code_Point}/u);
        expect(Buffer.byteLength(parsed.email)).toBeLessThanOrEqual(limits.emailBytesMax);
        expect(parseEmail(parsed.email)).toEqual(parsed);
      }),
      { numRuns: 3_000 },
    );
  });
});

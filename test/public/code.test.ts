import { describe, expect, test } from "vitest";
import { findCode } from "../../public/fields.ts";
import { LoginCodes } from "../../src/login/codes.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

const mail = (code: string) => `Your Plume login code is

    ${code}

It logs you in as PETERS.
Type it where you asked for it. It is valid for 10 minutes and works once.

Or open this link in the browser where you asked for it:
`;

describe("a code is found", () => {
  test.each([
    ["alone", "AB12CD"],
    ["in lower case, with separators", " ab1-2cd "],
    ["with a line break", "\r\nAB12CD\r\n"],
    ["in halves on two lines", "AB1\n2CD"],
    ["as wide characters", "ａｂ１２ｃｄ"],
    ["with what cannot be seen", "\u202aAB12\u200bCD\u202c"],
    ["behind the word", "code: AB12CD"],
    ["behind the word in another language", "Dein Code lautet: ab12cd."],
    ["in halves behind the word", "Code: AB1-2CD"],
    ["in the mail’s sentence", "Your Plume login code is AB12CD"],
    ["in the whole mail", mail("AB12CD")],
    ["in the whole mail, with the link", `${mail("AB12CD")}http://127.0.0.1:4884/#code=AB12CD\n`],
    ["in the whole mail on one line", mail("AB12CD").replaceAll("\n", " ")],
    ["in quotes", "“AB12CD”"],
    ["in the whole link", "https://chat.example.org/#code=AB12CD"],
    ["in a link under a path, with other words", "<https://example.org/chat/?x=1#code=ab12cd>"],
    ["in a sentence in lower case", "it says ab12cd, right?"],
  ])("%s", (_, pasted) => expect(findCode(pasted)).toBe("AB12CD"));

  test("without a digit, in the whole mail", () => expect(findCode(mail("ABCDEF"))).toBe("ABCDEF"));

  test("with the look-alikes of 0 and 1 that the server takes", () =>
    expect(findCode("o1li-23")).toBe("O1LI23"));

  test("whatever the server drew", () => {
    const codes = new LoginCodes({ secret: Buffer.alloc(32), clock: new FakeClock(), random: systemRandom });
    for (let n = 0; n < 500; n += 1) {
      const issued = codes.issue(identity("Ann", "a"), `peer ${n}`);
      if (issued.kind === "full") throw new Error(issued.problem);
      expect(findCode(mail(issued.code))).toBe(issued.code);
      expect(findCode(issued.code.toLowerCase())).toBe(issued.code);
    }
  });
});

describe("what is no code is not taken for one", () => {
  test.each([
    ["nothing", ""],
    ["too little", "AB12C"],
    ["too much", "AB12CDEF"],
    ["a letter that no code has", "AB12CU"],
    ["letters of another script", "АВ12СД"],
    ["the mail’s sentence without its code", "Your Plume login code is"],
    ["the link without its code", "http://127.0.0.1:4884/"],
    ["a link with another code", "http://127.0.0.1:4884/#code=AB12"],
    ["a mail address", "ada.lovelace@example.org"],
    ["two that it could be", "AB12CD or EF34GH"],
    ["words of six letters", "please choose another number"],
  ])("%s", (_, pasted) => expect(findCode(pasted)).toBeUndefined());
});

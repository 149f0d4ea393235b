import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { createPeerOf } from "../../src/transport/peer.ts";
import { anyString } from "../support/any-string.ts";

const peerOf = createPeerOf([]);
const deviceOf = (userAgent: string) =>
  peerOf({ address: "192.0.2.1", forwardedFor: "", userAgent, origin: "" }).device;

const mozilla = "Mozilla/5.0";
const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0";

describe("the words for a device that says it is", () => {
  test.each([
    ["Firefox on Linux", `${mozilla} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0`],
    ["Firefox on Android", `${mozilla} (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0`],
    [
      "Firefox on iOS",
      `${mozilla} (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 FxiOS/145.0`,
    ],
    ["Chrome on Android", `${mozilla} (Linux; Android 10; K) ${chrome} Mobile Safari/537.36`],
    ["Chrome on Windows", `${mozilla} (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`],
    ["Chrome on Chrome OS", `${mozilla} (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`],
    [
      "Microsoft Edge on Windows",
      `${mozilla} (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/142.0`,
    ],
    ["Samsung Internet on Android", `${mozilla} (Linux; Android 10; K) SamsungBrowser/28.0 ${chrome} Mobile`],
    [
      "Safari on macOS",
      `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.1 Safari/605`,
    ],
    [
      "Safari on iOS",
      `${mozilla} (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E Safari/604`,
    ],
    ["a program on Linux", `${mozilla} (X11; Linux x86_64) A-Browser-Of-My-Own/1.0`],
    ["a program", ""],
    ["a program", " "],
    ["a program", "node"],
    ["a program", "curl/8.14.1"],
    ["a program", "Your session is over, mail your code to eve@example.org/1.0"],
    ["a program", "<script>alert(1)</script>/1.0"],
    ["a program", "constructor/1.0 (__proto__)"],
  ])("%s", (words, userAgent) => {
    expect(deviceOf(userAgent)).toBe(words);
  });

  test("are printable and few, whatever is sent, and the same when it is sent again", () => {
    const known = [
      "Firefox/",
      "Chrome/",
      "(Linux; Android)",
      "Version/",
      "Generic/",
      "Windows NT",
      "\n",
      "é",
    ];
    const userAgent = fc
      .array(fc.oneof(anyString(), fc.constantFrom(...known)))
      .map((parts) => parts.join(" "));
    fc.assert(
      fc.property(userAgent, (sent) => {
        const words = deviceOf(sent);
        expect(words).toMatch(/^[\w -]{1,60}$/);
        expect(deviceOf(sent)).toBe(words);
      }),
    );
  });

  test("come from its first characters, at a bound", () => {
    const system = " Linux";
    const before = "x".repeat(limits.userAgentCharactersMax - system.length);
    expect(deviceOf(before + system)).toBe("a program on Linux");
    expect(deviceOf(`x${before}${system}`)).toBe("a program");
  });

  test("are right after more devices than are remembered", () => {
    const firefox = `${mozilla} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0`;
    for (let n = 0; n < 3 * limits.userAgentsKnown; n += 1) {
      expect(deviceOf(`program ${n}`)).toBe("a program");
      if (n % limits.userAgentsKnown === 0) expect(deviceOf(firefox)).toBe("Firefox on Linux");
    }
  });
});

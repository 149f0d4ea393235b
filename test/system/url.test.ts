import { expect, test } from "vitest";
import { parseUrl } from "../../src/system/url.ts";

test("a URL with letters beyond ASCII is one however many were read before", () => {
  for (let times = 0; times < 20_000; times += 1)
    expect(parseUrl("https://münchen.de/straße")?.hostname).toBe("xn--mnchen-3ya.de");
});

test.each(["", "münchen", "http://", "http://a b/"])("no URL: %j", (text) =>
  expect(parseUrl(text)).toBeUndefined(),
);

import { expect, it } from "vitest";
import { Origins } from "../../src/transport/origins.ts";

const origins = new Origins(["https://chat.example.org", "http://localhost:4884"]);

it.each([
  ["", true],
  ["https://chat.example.org", true],
  ["http://localhost:4884", true],
  ["http://chat.example.org", false],
  ["https://chat.example.org.evil.example", false],
  ["https://chat.example.org:444", false],
  ["null", false],
])("a page from %j may connect: %s", (origin, allowed) => expect(origins.allow(origin)).toBe(allowed));

it("tells whoever is refused which origins are allowed, and the setting", () => {
  const refusal = origins.refusal('https://"evil"');
  expect(refusal).toContain("https://chat.example.org, http://localhost:4884");
  expect(refusal).toContain("PLUME_ORIGINS");
  expect(refusal).toContain('"https://\\"evil\\""');
});

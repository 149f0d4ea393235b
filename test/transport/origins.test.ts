import { beforeEach, describe, expect, it, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { Origins, ownOrigins } from "../../src/transport/origins.ts";

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
  const refusal = origins.refuse('https://"evil"');
  expect(refusal).toContain("https://chat.example.org, http://localhost:4884");
  expect(refusal).toContain("PLUME_ORIGINS");
  expect(refusal).toContain('"https://\\"evil\\""');
});

describe("an origin that is refused", () => {
  const told: string[][] = [];
  const { refusedOriginsTold, originCharactersMax } = limits;
  const server = () => new Origins(["http://localhost:4884"], (...what) => void told.push(what));
  beforeEach(() => void told.splice(0));

  it("is told to the operator once, with the value that lets it in", () => {
    const origins = server();
    for (let n = 0; n < 3; n += 1) origins.refuse("http://chat.lan:4884");
    expect(told).toEqual([["http://chat.lan:4884", "http://localhost:4884,http://chat.lan:4884"]]);
  });

  it("is not told where it can be no page's", () => {
    const long = `https://${"a".repeat(originCharactersMax)}`;
    for (const origin of ["null", "nonsense", "http://a/path", "file://x", "http://A", long])
      server().refuse(origin);
    expect(told).toEqual([]);
  });

  it("fills the log with no more than a few lines, however many there are", () => {
    const origins = server();
    for (let n = 0; n < 2 * refusedOriginsTold; n += 1) origins.refuse(`http://${n}.example`);
    expect(told).toHaveLength(refusedOriginsTold);
  });
});

describe("ownOrigins", () => {
  const loopback = ["http://localhost:4884", "http://127.0.0.1:4884", "http://[::1]:4884"];
  const interfaceAddresses = ["127.0.0.1", "192.0.2.7", "2001:DB8::7", "fe80::1%eth0"];

  test.each([
    ["127.0.0.1", loopback],
    ["localhost", loopback],
    ["::1", loopback],
    ["192.0.2.7", ["http://192.0.2.7:4884"]],
    ["Chat.Example.org", ["http://chat.example.org:4884"]],
    ["0.0.0.0", ["http://192.0.2.7:4884", "http://[2001:db8::7]:4884", ...loopback]],
    ["::", ["http://192.0.2.7:4884", "http://[2001:db8::7]:4884", ...loopback]],
  ])("for %s are what a browser sends", (host, origins) => {
    expect(new Set(ownOrigins({ host, port: 4884, interfaceAddresses }))).toEqual(new Set(origins));
  });

  test("leave out port 80, as browsers do", () => {
    expect(ownOrigins({ host: "chat.lan", port: 80, interfaceAddresses: [] })).toEqual(["http://chat.lan"]);
  });
});

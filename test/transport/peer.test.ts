import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Network, parseNetwork } from "../../src/system/network.ts";
import { createPeerOf, type Peer } from "../../src/transport/peer.ts";
import { anyString } from "../support/any-string.ts";

function trusting(...texts: string[]): (address: string, forwardedFor: string) => Peer {
  const peerOf = createPeerOf(
    texts.map((text): Network => {
      const network = parseNetwork(text);
      if (network) return network;
      throw new Error(`${text} is no network`);
    }),
  );
  return (address, forwardedFor) => peerOf({ address, forwardedFor, userAgent: "", origin: "" });
}

describe("a direct peer's address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1", "192.0.2.1"],
    ["0000:0000:0000:0000:0000:ffff:7f00:0001", "127.0.0.1", "127.0.0.1"],
    ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"],
    ["2001:0db8:0001:0002:0003:0004:0005:0006", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["0000:0000:0000:0000:0000:0000:0000:0001", "::1", "::/64"],
    ["fe80::1%eth0", "fe80::1", "fe80::/64"],
    ["", "unknown", "unknown"],
    ["garbage", "unknown", "unknown"],
  ])("%j is %s, and counts as %s", (text, address, key) => {
    expect(trusting()(text, "")).toMatchObject({ address, key });
  });

  test("shares a key with its /64, and with no other", () => {
    const key = (address: string) => trusting()(address, "").key;
    expect(key("2001:db8::1")).toBe(key("2001:db8::ffff:ffff:ffff:ffff"));
    expect(key("2001:db8::1")).not.toBe(key("2001:db8:0:1::1"));
  });
});

describe("X-Forwarded-For", () => {
  const proxies = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"];

  test.each([
    ["is ignored from a peer that is no trusted proxy", "192.0.2.9", "203.0.113.1", "192.0.2.9"],
    ["tells the client behind a trusted proxy", "127.0.0.1", "203.0.113.1", "203.0.113.1"],
    ["is believed from a proxy that is mapped into IPv6", "::ffff:7f00:1", "203.0.113.1", "203.0.113.1"],
    [
      "is believed from the right, not from what the client forged",
      "10.1.1.1",
      "6.6.6.6, 203.0.113.1",
      "203.0.113.1",
    ],
    [
      "is followed through several proxies",
      "127.0.0.1",
      "6.6.6.6,203.0.113.1, 10.2.2.2,10.3.3.3",
      "203.0.113.1",
    ],
    ["tells the outermost when all are proxies", "127.0.0.1", "10.2.2.2, 10.3.3.3", "10.2.2.2"],
    ["is the proxy itself when empty", "127.0.0.1", "", "127.0.0.1"],
    ["ends at garbage, at the hop that sent it", "127.0.0.1", "203.0.113.1, nonsense, 10.3.3.3", "10.3.3.3"],
    ["ends at an empty entry", "127.0.0.1", "203.0.113.1,,", "127.0.0.1"],
    ["may carry a port", "127.0.0.1", "203.0.113.1:5678", "203.0.113.1"],
    ["may carry brackets and a port", "127.0.0.1", "[2a00::1]:5678", "2a00::1"],
    ["may carry IPv6", "2001:db8::5", "2a00::1", "2a00::1"],
    ["takes no IPv4 in odd notations", "127.0.0.1", "0x7f.1", "127.0.0.1"],
  ])("%s", (_, direct, header, address) => {
    expect(trusting(...proxies)(direct, header).address).toBe(address);
  });
});

describe("whatever is sent,", () => {
  const peerOf = trusting("127.0.0.0/8", "10.0.0.0/8");
  const address = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), anyString());
  const header = fc.array(address).map((entries) => entries.join(","));

  test("there is a peer", () => {
    fc.assert(
      fc.property(address, header, (direct, forwarded) => {
        const peer = peerOf(direct, forwarded);
        expect(peer.address).toMatch(/^(unknown|[0-9a-f.:]+)$/);
        expect(peer.key).toMatch(/^(unknown|[0-9.]+|[0-9a-f:]+::\/64|[0-9a-f:.]+\/64)$/);
      }),
    );
  });

  test("what a client writes in front of the hop that a proxy added changes nothing", () => {
    fc.assert(
      fc.property(fc.string(), (forged) => {
        expect(peerOf("127.0.0.1", `${forged},203.0.113.1`).address).toBe("203.0.113.1");
      }),
    );
  });

  test("an untrusted peer is who it is", () => {
    fc.assert(
      fc.property(header, (forged) => {
        expect(peerOf("203.0.113.1", forged).address).toBe("203.0.113.1");
      }),
    );
  });
});

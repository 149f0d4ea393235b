import ipaddr from "ipaddr.js";
import { type Address, isWithin, type Network, parseAddress } from "../system/network.ts";

/** The program at the other end of a socket. */
export interface Peer {
  /** The client's address, IPv4 mapped into IPv6 as IPv4; "unknown" when the transport has none. */
  readonly address: string;
  /** What limits count by: an IPv4 address, or the /64 an IPv6 address is in, for a client has all of that. */
  readonly key: string;
}

/**
 * @param address the direct peer's, as the transport writes it.
 * @param forwardedFor every `X-Forwarded-For` of the request, in order, joined with commas; empty when there is none.
 */
export type PeerOf = (address: string, forwardedFor: string) => Peer;

/** Finds the peer behind trusted proxies: `X-Forwarded-For` is believed as far as they wrote it. Never throws. */
export function createPeerOf(trustedProxies: readonly Network[]): PeerOf {
  const isTrusted = (address: Address) => trustedProxies.some((network) => isWithin(address, network));
  return (address, forwardedFor) => {
    const direct = parseAddress(address);
    if (!direct) return { address: "unknown", key: "unknown" };
    const client = isTrusted(direct) ? clientBehind(direct, forwardedFor, isTrusted) : direct;
    return { address: client.toString(), key: peerKey(client) };
  };
}

/** Every `X-Forwarded-For` of a request, joined: a proxy may add its own header after one that the client forged. */
export function forwardedFor(request: {
  forEach(each: (name: string, value: string) => void): void;
}): string {
  const values: string[] = [];
  request.forEach((name, value) => {
    if (name === "x-forwarded-for") values.push(value);
  });
  return values.join(",");
}

/**
 * Walks from the nearest hop outwards: each entry was written by the hop to its right. The first that is no trusted
 * proxy is the client; what it claims of others, further left, is worth nothing. At garbage the walk ends.
 */
function clientBehind(direct: Address, forwardedFor: string, isTrusted: (hop: Address) => boolean): Address {
  let client = direct;
  for (const entry of forwardedFor.split(",").reverse()) {
    const hop = parseAddress(withoutPort(entry.trim()));
    if (!hop) return client;
    client = hop;
    if (!isTrusted(hop)) return client;
  }
  return client;
}

/** Some proxies add the port: `192.0.2.1:5678`, `[2001:db8::1]:5678`. */
function withoutPort(entry: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return bracketed ?? dotted ?? entry;
}

function peerKey(address: Address): string {
  if (address.kind() === "ipv4") return address.toString();
  const prefix = address.toByteArray().slice(0, 8);
  return `${ipaddr.fromByteArray([...prefix, 0, 0, 0, 0, 0, 0, 0, 0])}/64`;
}

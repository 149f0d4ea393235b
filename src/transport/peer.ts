import ipaddr from "ipaddr.js";
import { type Address, isWithin, type Network, parseAddress } from "../system/network.ts";
import { boundUserAgent, Devices } from "./device.ts";

/** The program at the other end of a socket. */
export interface Peer {
  /** The client's address, IPv4 mapped into IPv6 as IPv4; "unknown" when the transport has none. */
  readonly address: string;
  /** What limits count by: an IPv4 address, or the /64 an IPv6 address is in, for a client has all of that. */
  readonly key: string;
  /** Words for what it is, for people: "Firefox on Linux", "a program". At most 60 printable characters. */
  readonly device: string;
  /** The origin of its page, which may connect; empty where it is no page. */
  readonly origin: string;
}

/** What a request tells of who sent it; a header that did not come is empty. */
export interface PeerRequest {
  /** Of the direct peer, as the transport writes it. */
  address: string;
  /** Every `X-Forwarded-For` of the request, in order, joined with commas. */
  forwardedFor: string;
  userAgent: string;
  /** Of a page that may connect. */
  origin: string;
}

export type PeerOf = (request: PeerRequest) => Peer;

/** Finds the peer behind trusted proxies: `X-Forwarded-For` is believed as far as they wrote it. Never throws. */
export function createPeerOf(trustedProxies: readonly Network[]): PeerOf {
  const isTrusted = (address: Address) => trustedProxies.some((network) => isWithin(address, network));
  const devices = new Devices();
  return ({ address, forwardedFor, userAgent, origin }) => {
    const direct = parseAddress(address);
    if (!direct) return new RemotePeer({ address: "unknown", key: "unknown", origin }, userAgent, devices);
    const client = isTrusted(direct) ? clientBehind(direct, forwardedFor, isTrusted) : direct;
    return new RemotePeer({ address: client.toString(), key: peerKey(client), origin }, userAgent, devices);
  };
}

/** Finds the words for its device when somebody asks, which takes 60 µs where they are new: those who never log in cost none. */
class RemotePeer implements Peer {
  readonly address: string;
  readonly key: string;
  readonly origin: string;
  readonly #userAgent: string;
  readonly #devices: Devices;

  constructor({ address, key, origin }: Omit<Peer, "device">, userAgent: string, devices: Devices) {
    this.address = address;
    this.key = key;
    this.origin = origin;
    this.#userAgent = boundUserAgent(userAgent);
    this.#devices = devices;
  }

  get device(): string {
    return this.#devices.wordsFor(this.#userAgent);
  }
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

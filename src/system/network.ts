import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** An IPv4 or IPv6 address. One that is IPv4 mapped into IPv6 (`::ffff:127.0.0.1`) is IPv4 here. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** All addresses that share the first bits: `10.0.0.0/8`. */
export interface Network {
  readonly address: Address;
  readonly prefixBits: number;
}

/** Reads an address as people and proxies write it; a zone (`%eth0`) is left out. Never throws. */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const [address = ""] = text.split("%", 1);
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or one address as a network of its own. Never throws. */
export function parseNetwork(text: string): Network | undefined {
  const [base = "", prefix, ...rest] = text.split("/");
  const address = rest.length === 0 ? parseAddress(base) : undefined;
  if (!address) return undefined;
  const bits = addressBits(address);
  if (prefix === undefined) return { address, prefixBits: bits };
  // A mapped address was written with 128 bits, of which 96 say no more than that it is mapped.
  const mappedBits = isIP(base) === 6 && bits === 32 ? 96 : 0;
  const prefixBits = /^\d{1,3}$/.test(prefix) ? Number(prefix) - mappedBits : -1;
  return prefixBits >= 0 && prefixBits <= bits ? { address, prefixBits } : undefined;
}

/** Whether the address belongs to the network. */
export function isWithin(address: Address, network: Network): boolean {
  return address.kind() === network.address.kind() && address.match(network.address, network.prefixBits);
}

/** Whether the address, as an `Address` is written, is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (address.startsWith("127.") && isIP(address) === 4);
}

function addressBits(address: Address): 32 | 128 {
  return address.kind() === "ipv4" ? 32 : 128;
}

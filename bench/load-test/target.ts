import ipaddr from "ipaddr.js";

/**
 * The URL to load: of this machine as it is given, of any other only when its host is named once more. Throws a RangeError
 * with a sentence for people.
 */
export function targetOf(text: string, mine: string | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["ws:", "wss:"].includes(url.protocol)) {
    throw new RangeError(`--url takes a WebSocket's URL, ws://host:port or wss://host, not "${text}"`);
  }
  if (url.username !== "" || url.password !== "")
    throw new RangeError("--url takes no user name or password");
  if (url.hash !== "") throw new RangeError("--url takes no # part");
  const host = url.hostname;
  if (!isThisMachine(host) && mine !== host) {
    throw new RangeError(
      `--url names ${host}, which is not this machine: load only what is yours, and say so with --host-is-mine ${host}`,
    );
  }
  if (url.pathname === "/") url.pathname = "/connect";
  return url.href;
}

/** A name that ends in ".localhost" may be anybody's where a resolver does not know better, so only the bare one counts. */
function isThisMachine(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return host === "localhost" || (ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback");
}

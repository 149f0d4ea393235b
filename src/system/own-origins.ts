/** Where the server listens. */
export interface ListensOn {
  host: string;
  /** The port that was got in the end, not 0. */
  port: number;
  /** The machine's addresses; they count where `host` is every network (`0.0.0.0`, `::`). */
  interfaceAddresses: readonly string[];
}

/**
 * The origins of pages that this server itself serves, as browsers write them in `Origin`. Loopback names count only
 * where the server listens there: else any other server on a visitor's own machine could speak for this one.
 */
export function ownOrigins({ host, port, interfaceAddresses }: ListensOn): readonly string[] {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  const hosts = [
    ...(isEverywhere ? interfaceAddresses : [host]),
    ...(isEverywhere || isLoopback ? ["localhost", "127.0.0.1", "::1"] : []),
  ];
  const urls = hosts.map((name) => `http://${name.includes(":") ? `[${name}]` : name}:${port}`);
  return [...new Set(urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin))];
}

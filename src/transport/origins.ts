/** Which pages may connect: a browser says in `Origin` where a page came from. Other programs send none, and may connect. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins as browsers write them: `https://chat.example.org`, no path, the port only when unusual. */
  constructor(allowed: Iterable<string>) {
    this.#allowed = new Set(allowed);
  }

  /** Where people open the page: the first origin that is allowed; empty where none is. */
  get first(): string {
    const [first = ""] = this.#allowed;
    return first;
  }

  /** @param origin the header's value, empty when there was none. */
  allow(origin: string): boolean {
    return origin === "" || this.#allowed.has(origin);
  }

  /** The answer to a page from elsewhere; the operator reads it in the browser's network tab. */
  refusal(origin: string): string {
    return (
      `Pages from ${JSON.stringify(origin)} may not connect to this server; allowed are ${[...this.#allowed].join(", ")}. ` +
      "The operator can set PLUME_ORIGINS."
    );
  }
}

/** Where the server listens. */
export interface ListensOn {
  host: string;
  /** The port that was bound, not 0. */
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

import { limits } from "../limits.ts";
import { parseUrl } from "../system/url.ts";

/** What the operator is told of a refused origin: PLUME_ORIGINS with it added. */
export type TellRefused = (origin: string, setting: string) => void;

/** Which pages may connect: a browser says in `Origin` where a page came from. Other programs send none, and may connect. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #tellRefused: TellRefused;
  /** Refused origins that the operator was told of. */
  readonly #told = new Set<string>();

  /**
   * @param allowed origins as browsers write them: `https://chat.example.org`, no path, the port only when unusual.
   * @param tellRefused is called once for each origin that is refused and could be allowed, `limits.refusedOriginsTold` times at most.
   */
  constructor(allowed: Iterable<string>, tellRefused: TellRefused = () => {}) {
    this.#allowed = new Set(allowed);
    this.#tellRefused = tellRefused;
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

  /** The answer to a page from elsewhere. */
  refuse(origin: string): string {
    this.#tell(origin);
    return (
      `Pages from ${JSON.stringify(origin)} may not connect to this server; allowed are ${[...this.#allowed].join(", ")}. ` +
      "The operator can set PLUME_ORIGINS."
    );
  }

  #tell(origin: string): void {
    if (this.#told.has(origin) || this.#told.size >= limits.refusedOriginsTold || !isOfPage(origin)) return;
    this.#told.add(origin);
    this.#tellRefused(origin, [...this.#allowed, origin].join(","));
  }
}

/** Whether a page that a server serves can have this origin; "null" and what programs make up are not worth telling. */
function isOfPage(origin: string): boolean {
  const url = origin.length > limits.originCharactersMax ? undefined : parseUrl(origin);
  return url?.origin === origin && (url.protocol === "http:" || url.protocol === "https:");
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
  return [...new Set(urls.flatMap((url) => parseUrl(url)?.origin ?? []))];
}

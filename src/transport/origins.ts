/** Which pages may connect: a browser tells in `Origin` where a page came from. Programs send none and may. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins as browsers write them: `https://chat.example.org`, no path, the port only when unusual. */
  constructor(allowed: Iterable<string>) {
    this.#allowed = new Set(allowed);
  }

  /** Where people open the page: the first that is allowed; empty where none is. */
  get first(): string {
    const [first = ""] = this.#allowed;
    return first;
  }

  /** @param origin the header's value, empty when there was none. */
  allow(origin: string): boolean {
    return origin === "" || this.#allowed.has(origin);
  }

  /** What to tell whoever opened the page from elsewhere; the operator reads it in the browser's network tab. */
  refusal(origin: string): string {
    return (
      `Pages from ${JSON.stringify(origin)} may not connect to this server; allowed are ${[...this.#allowed].join(", ")}. ` +
      "The operator can set PLUME_ORIGINS."
    );
  }
}

/** Of these a second one is what the next program on the way may read in place of the first. */
const singles = [
  ...["host", "content-length", "transfer-encoding", "origin", "upgrade", "user-agent"],
  ...["sec-websocket-key", "sec-websocket-version"],
];

/** A name or address, and a port: nothing that ends it, or that a URL has before or behind it. */
const HOST = /^[\w.~!$&'()*+;=%-]+(:\d*)?$|^\[[\da-f:.]+\](:\d*)?$/i;

/** The headers of an HTTP request, as they came. */
export class RequestHeaders {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  /** Its values in their order, joined with commas, which is what several of one name mean; empty where there is none. */
  get(name: string): string {
    return this.#values.get(name)?.join(",") ?? "";
  }

  /**
   * What makes the request another to another program, as a sentence; undefined where nothing does. Programs that read it
   * differently, a proxy and this one, let requests be smuggled past the one by means of the other.
   */
  get problem(): string | undefined {
    const twice = singles.find((name) => (this.#values.get(name)?.length ?? 0) > 1);
    if (twice !== undefined) return `There are two ${twice} headers.`;
    const length = this.#single("content-length");
    const host = this.#single("host");
    if (length !== undefined && !/^\d+$/.test(length)) return "The content-length is no number.";
    if (this.#single("transfer-encoding") !== undefined) return "No transfer-encoding is taken here."; // programs differ most in how such a body ends
    if (host !== undefined && !HOST.test(host)) return "The host is no name with a port.";
    if (this.#single("upgrade") === undefined) return undefined;
    if (!/(^|[\s,])upgrade($|[\s,])/i.test(this.get("connection")))
      return "An upgrade needs `connection: upgrade`, which a proxy has to pass on.";
    return length === undefined ? undefined : "An upgrade has no body.";
  }

  #single(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }
}

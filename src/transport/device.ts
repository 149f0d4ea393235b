import Bowser from "bowser";
import { limits } from "../limits.ts";

/** The words for a program that says nothing known of itself. */
const PROGRAM = "a program";

/** Words come from these alone, so that nobody writes into the list of their sessions that another reads. */
const browsers = new Set(Object.values(Bowser.BROWSER_MAP).filter((name) => name !== "Generic"));
const systems = new Set(Object.values(Bowser.OS_MAP));

/** Words for the devices at the other end of sockets, for people who look through their sessions. */
export class Devices {
  /** By `User-Agent`; over `limits.userAgentsKnown` the oldest goes. A thousand people have some twenty of them. */
  readonly #known = new Map<string, string>();

  /**
   * "Firefox on Linux", at most 60 characters. Never throws.
   *
   * @param userAgent as `boundUserAgent` leaves it.
   */
  wordsFor(userAgent: string): string {
    const known = this.#known.get(userAgent);
    if (known !== undefined) return known;
    const words = parse(userAgent);
    const [oldest] = this.#known.size < limits.userAgentsKnown ? [] : this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(userAgent, words);
    return words;
  }
}

/** As much of a `User-Agent` as counts, in memory of its own: a slice would keep the whole header. */
export function boundUserAgent(userAgent: string): string {
  const { userAgentCharactersMax: max } = limits;
  return userAgent.length <= max ? userAgent : Buffer.from(userAgent.slice(0, max)).toString();
}

function parse(userAgent: string): string {
  if (userAgent === "") return PROGRAM; // the library throws
  const parser = Bowser.getParser(userAgent);
  const browser = parser.getBrowserName();
  const system = parser.getOSName();
  const program = browsers.has(browser) ? browser.replace(/ for Android$/, "") : PROGRAM;
  return systems.has(system) ? `${program} on ${system}` : program;
}

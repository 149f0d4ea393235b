import type { Dialect } from "./dialects/dialect.ts";
import { dialects } from "./dialects/dialects.ts";
import { enterAll } from "./enter.ts";
import type { Clients } from "./job.ts";
import { settled } from "./pace.ts";
import type { Wire, WireEvents } from "./wire.ts";

/** Different remarks that are kept. */
const REMARKS_MAX = 8;

/** Hears a line of the load, its text from `textAt` on; the bytes are there only until it returns. */
export type HearLine = (client: number, bytes: Buffer, textAt: number) => void;

/** Everybody who is in the room, each on a socket of their own. */
export class Crowd {
  readonly dialect: Dialect;
  /** What the house said beside the lines, and how clients were closed, each with how often. */
  readonly remarks: Record<string, number> = {};
  readonly #hearLine: HearLine;
  #wires: readonly Wire[] = [];
  #frames = 0;
  /** Until then what comes is greetings, and is only counted. */
  #listens = false;

  private constructor(dialect: Dialect, hearLine: HearLine) {
    this.dialect = dialect;
    this.#hearLine = hearLine;
  }

  /** All come in. */
  static async enter({ dialect, port, tokens }: Clients, hearLine: HearLine): Promise<Crowd> {
    const crowd = new Crowd(dialects[dialect], hearLine);
    crowd.#wires = await enterAll(crowd.dialect, port, tokens, (client) => crowd.#eventsOf(client));
    return crowd;
  }

  /** Waits until nobody has heard anything for `stillMs`, or for `maxMs`. */
  async settled(wait: { stillMs: number; maxMs: number }): Promise<void> {
    await settled(() => this.#frames, wait);
  }

  /** From now on lines are heard, and what is no line is remarked. */
  listen(): void {
    this.#listens = true;
  }

  /** One of them says a line. @param number tells the line from all others. */
  say(client: number, number: number, text: string): void {
    this.#wires[client]?.send(this.dialect.say(number, text), number);
  }

  #eventsOf(client: number): WireEvents {
    const ear = {
      line: (bytes: Buffer, textAt: number) => this.#hearLine(client, bytes, textAt),
      remark: (text: string) => this.#remark(text),
    };
    return {
      text: (wire, bytes, start, end) => {
        this.#frames += 1;
        const reply = this.dialect.replyTo(bytes, start, end);
        if (reply !== "") wire.send(reply, 0);
        else if (this.#listens) this.dialect.read(bytes, start, end, ear);
      },
      closed: (reason) => this.#remark(`closed: ${reason}`),
    };
  }

  #remark(remark: string): void {
    const known = this.remarks[remark];
    if (known === undefined && Object.keys(this.remarks).length >= REMARKS_MAX) return;
    this.remarks[remark] = (known ?? 0) + 1;
  }
}

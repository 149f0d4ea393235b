import type { SoakedServer } from "./soaked-server.ts";
import type { Tally } from "./tally.ts";

const SAMPLE_MS = 1000;
/** Samples from one line of progress to the next. */
const PROGRESS_EVERY = 5;

/** Looks at a server from outside every second, and says how it goes. */
export class Watch {
  /** Resident memory of the server, second by second. */
  readonly residentMb: number[] = [];
  /** What is going on, for the progress. */
  stage = "fresh";
  readonly #server: SoakedServer;
  readonly #tally: Tally;
  readonly #say: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #before = { said: 0, heard: 0 };

  constructor(server: SoakedServer, tally: Tally, say: (line: string) => void) {
    this.#server = server;
    this.#tally = tally;
    this.#say = say;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    if (!this.#server.runs) return;
    const outside = this.#server.outside();
    this.residentMb.push(outside.residentMb);
    if (this.residentMb.length % PROGRESS_EVERY !== 0) return;
    const { here, said, heard, visits } = this.#tally;
    const perSecond = (count: number) => Math.round((1000 * count) / (PROGRESS_EVERY * SAMPLE_MS));
    this.#say(
      [
        `${this.residentMb.length} s, ${this.stage}: ${here} clients (${visits} so far)`,
        `${perSecond(said - this.#before.said)} lines/s`,
        `${perSecond(heard - this.#before.heard)} frames heard/s`,
        `${outside.residentMb.toFixed(0)} MB resident`,
        `${outside.descriptors} descriptors`,
        `${this.#tally.gaps} gaps so far`,
      ].join(", "),
    );
    this.#before = { said, heard };
  }
}

/** What a text turned out to be. */
export type Said =
  /** A line of this load, with when it was to be sent, µs of this process's clock. */
  | { kind: "line"; number: number; dueUs: number }
  /** Somebody asks whether all hear. */
  | { kind: "ready" }
  /** Somebody else's, or an earlier load's. */
  | { kind: "foreign" };

/** The texts of one run, which are told from those of any other. */
export class Lines {
  readonly ready: string;
  readonly #start: string;

  /** @param run a name for the run, without spaces. */
  constructor(run: string) {
    this.#start = `load ${run} `;
    this.ready = `${this.#start}ready`;
  }

  write(number: number, dueUs: number): string {
    return `${this.#start}${number} ${dueUs} `.padEnd(TEXT_BYTES, "~");
  }

  /** Of this run alone: a room takes a nonce that it knows for a line that was sent again, and does not post it. */
  nonce(number: number): string {
    return `${this.#start}${number}`;
  }

  /** The number of the line with that nonce; -1 where none of this run has it. */
  numberOf(nonce: string): number {
    return nonce.startsWith(this.#start) ? Number(nonce.slice(this.#start.length)) : -1;
  }

  read(text: string): Said {
    if (!text.startsWith(this.#start)) return { kind: "foreign" };
    if (text === this.ready) return { kind: "ready" };
    const [number, dueUs] = text.slice(this.#start.length).split(" ", 2).map(Number);
    if (number === undefined || dueUs === undefined) return { kind: "foreign" };
    return { kind: "line", number, dueUs };
  }
}

/** UTF-8 bytes of a line: about what people type. */
const TEXT_BYTES = 64;

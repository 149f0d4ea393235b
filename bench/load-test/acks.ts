/** What is known of a line that was sent. */
interface SentLine {
  isAnswered: boolean;
  /** What the ack, or the sender's own copy, said its number is: whichever came first. */
  seq: number | undefined;
}

/** In version 2 every line is answered once, and an ack tells the number under which everybody gets the line. */
export class Acks {
  /** Lines that were not answered, or that the sender has not got, by room and number. */
  readonly #lines = new Map<string, SentLine>();
  /** Lines without an answer. */
  unanswered = 0;
  /** Answers to what nobody asked, or that came again. */
  stray = 0;
  /** Acks with another number than the line has. */
  misnumbered = 0;

  sent(room: string, number: number): void {
    this.#lines.set(keyOf(room, number), { isAnswered: false, seq: undefined });
    this.unanswered += 1;
  }

  acked(room: string, number: number, seq: number): void {
    if (this.#answer(room, number)) this.#match(room, number, seq);
  }

  refused(room: string, number: number): void {
    if (this.#answer(room, number)) this.#lines.delete(keyOf(room, number));
  }

  /** The sender got its own line. */
  heard(room: string, number: number, seq: number): void {
    this.#match(room, number, seq);
  }

  #answer(room: string, number: number): boolean {
    const line = this.#lines.get(keyOf(room, number));
    if (line === undefined || line.isAnswered) {
      this.stray += 1;
      return false;
    }
    line.isAnswered = true;
    this.unanswered -= 1;
    return true;
  }

  #match(room: string, number: number, seq: number): void {
    const line = this.#lines.get(keyOf(room, number));
    if (line === undefined) return;
    if (line.seq === undefined) {
      line.seq = seq;
    } else {
      if (line.seq !== seq) this.misnumbered += 1;
      if (line.isAnswered) this.#lines.delete(keyOf(room, number));
    }
  }
}

function keyOf(room: string, number: number): string {
  return `${room} ${number}`;
}

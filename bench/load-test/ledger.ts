import { Tally } from "../load/tally.ts";
import { Acks } from "./acks.ts";
import type { GuestEvents } from "./guest.ts";
import type { Heard } from "./heard.ts";
import { type Load, newHistogram, type Seating, Step } from "./step.ts";

/** What is wrong, each as a count; all 0 where all is well. */
export interface Faults {
  /** Deliveries that never came, came again, or came after a later line of the same sender. */
  lost: number;
  doubled: number;
  reordered: number;
  // Of the numbers that a room gives to everything in it, in version 2.
  numbersMissing: number;
  numbersDoubled: number;
  numbersReordered: number;
  /** Lines that were neither acked nor refused, in version 2. */
  unanswered: number;
  strayAnswers: number;
  misnumberedAcks: number;
  /** Frames that are not as the protocol has them. */
  unreadable: number;
  /** Guests that were closed, or could not come in. */
  closed: number;
  notIn: number;
}

type HeardSaid = Extract<Heard, { kind: "said" }>;

/** Different remarks that are kept. */
const REMARKS_MAX = 20;

/** All that was sent and heard, by whoever it was. */
export class Ledger {
  readonly steps: Step[] = [];
  readonly acks = new Acks();
  /** What went wrong or was refused, in words, each with how often. */
  readonly remarks = new Map<string, number>();
  /** Guests that have heard somebody ask whether they hear. */
  readonly ready = new Set<number>();
  #closed = 0;
  #notIn = 0;
  #unreadable = 0;
  /** The numbers each guest got of each room. */
  readonly #numbers: Numbers[] = [];

  begin(load: Load, seating: Seating): Step {
    const step = new Step(load, seating);
    this.steps.push(step);
    return step;
  }

  /** What a guest's events go to. */
  eventsOf(guest: number): GuestEvents {
    const rooms = new Map<string, Numbers>();
    return {
      heard: (heard) => {
        switch (heard.kind) {
          case "said":
            rooms.get(heard.room)?.take(heard.seq);
            return this.#said(guest, heard);
          case "joined": {
            const numbers = new Numbers(heard.from);
            rooms.set(heard.room, numbers);
            this.#numbers.push(numbers);
            return;
          }
          case "ack":
            return this.acks.acked(heard.room, heard.number, heard.seq);
          case "notTaken":
            return this.#notTaken(heard);
          case "unreadable":
            this.#unreadable += 1;
            return this.remark(`unreadable: ${heard.problem}`);
        }
      },
      closed: (reason) => {
        this.#closed += 1;
        this.remark(`closed: ${reason}`);
      },
    };
  }

  notIn(reason: string): void {
    this.#notIn += 1;
    this.remark(`could not come in: ${reason}`);
  }

  remark(remark: string): void {
    const times = this.remarks.get(remark);
    if (times !== undefined || this.remarks.size < REMARKS_MAX) this.remarks.set(remark, (times ?? 0) + 1);
  }

  get faults(): Faults {
    const steps = (count: "missing" | "doubled" | "reordered") =>
      this.steps.reduce((sum, step) => sum + step[count], 0);
    const numbers = (count: "missing" | "doubled" | "reordered") =>
      this.#numbers.reduce((sum, room) => sum + room[count], 0);
    return {
      lost: steps("missing"),
      doubled: steps("doubled"),
      reordered: steps("reordered"),
      numbersMissing: numbers("missing"),
      numbersDoubled: numbers("doubled"),
      numbersReordered: numbers("reordered"),
      unanswered: this.acks.unanswered,
      strayAnswers: this.acks.stray,
      misnumberedAcks: this.acks.misnumbered,
      unreadable: this.#unreadable,
      closed: this.#closed,
      notIn: this.#notIn,
    };
  }

  get latencyUs() {
    const all = newHistogram();
    for (const step of this.steps) all.add(step.latencyUs);
    return all;
  }

  #said(guest: number, { room, seq, said }: HeardSaid): void {
    switch (said.kind) {
      case "foreign":
        return;
      case "ready":
        this.ready.add(guest);
        return;
      case "line": {
        const latencyUs = Math.round(1000 * performance.now()) - said.dueUs;
        const step = this.steps.findLast((one) => one.has(said.number));
        step?.take(guest, room, said.number, latencyUs);
        if (step?.senderOf(room, said.number) === guest) this.acks.heard(room, said.number, seq);
      }
    }
  }

  #notTaken({ line, reason }: Extract<Heard, { kind: "notTaken" }>): void {
    if (line) this.acks.refused(line.room, line.number);
    const step = this.steps.findLast((one) => line === undefined || one.has(line.number));
    if (step) step.refused += 1;
    this.remark(`refused: ${reason.replaceAll(/\d+/g, "…")}`);
  }
}

/** What one guest got of a room's numbers: 1, 2, 3 … without holes, from where it came in. */
class Numbers {
  readonly #from: number;
  readonly #tally = new Tally(1, 1);
  #highest: number;

  constructor(from: number) {
    this.#from = from;
    this.#highest = from;
  }

  take(seq: number): void {
    this.#highest = Math.max(this.#highest, seq);
    this.#tally.take(0, seq - this.#from - 1);
  }

  get missing(): number {
    return this.#highest - this.#from - this.#tally.delivered;
  }

  get doubled(): number {
    return this.#tally.doubled;
  }

  get reordered(): number {
    return this.#tally.reordered;
  }
}

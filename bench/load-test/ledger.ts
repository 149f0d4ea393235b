import { counted } from "../common/figures.ts";
import { Deliveries, Latencies } from "../common/lines.ts";
import type { Received } from "./received.ts";

/** How much is asked for in one stretch of a run. */
export interface Stage {
  clients: number;
  rooms: number;
  /** Lines a second in each room. */
  rate: number;
  seconds: number;
}

/** Who takes part in a stage. */
export interface Participants {
  /** The number of the stage's first line, in every room. */
  firstNumber: number;
  rooms: readonly string[];
  /** Numbers of the clients that talk, in turn. */
  senders: readonly number[];
  /** Clients that ever entered or tried; their numbers are below. */
  clientsEver: number;
  /** Clients that are there: they have to get every line. */
  listeners: number;
}

/** Different remarks that are kept. */
const REMARKS_MAX = 20;

/** All that was sent and received, by whichever client. */
export class Ledger {
  readonly results: StageResult[] = [];
  readonly acks = new Acks();
  /** What went wrong or was refused, in words, each with how often. */
  readonly remarks = new Map<string, number>();
  /** Clients that have got the question whether everybody hears. */
  readonly ready = new Set<number>();
  #closed = 0;
  #notIn = 0;
  #unreadable = 0;
  /** The numbers that each client got of each room. */
  readonly #sequences: Sequence[] = [];

  begin(stage: Stage, participants: Participants): StageResult {
    const result = new StageResult(stage, participants);
    this.results.push(result);
    return result;
  }

  /** Returns what takes the messages that a client receives. */
  receiverOf(client: number): (received: Received) => void {
    const rooms = new Map<string, Sequence>();
    return (received) => {
      switch (received.kind) {
        case "entry":
          rooms.get(received.room)?.take(received.seq);
          return this.#takeEntry(client, received);
        case "joined": {
          const sequence = new Sequence(received.from);
          rooms.set(received.room, sequence);
          this.#sequences.push(sequence);
          return;
        }
        case "ack":
          return this.acks.acked(received.room, received.number, received.seq);
        case "refused":
          return this.#takeRefusal(received);
        case "unreadable":
          this.#unreadable += 1;
          return this.remark(`unreadable: ${received.problem}`);
        case "gap": // the numbers that it names are missing, and counted when the next entry comes
        case "codeSent":
        case "accepted":
        case "rejected":
          return;
      }
    };
  }

  closed(reason: string): void {
    this.#closed += 1;
    this.remark(`closed: ${reason}`);
  }

  notIn(reason: string): void {
    this.#notIn += 1;
    this.remark(`could not come in: ${reason}`);
  }

  remark(remark: string): void {
    const times = this.remarks.get(remark);
    if (times !== undefined || this.remarks.size < REMARKS_MAX) this.remarks.set(remark, (times ?? 0) + 1);
  }

  /** What is wrong, in words; empty where all is well. */
  get faults(): string[] {
    const { results } = this;
    const sequences = this.#sequences;
    return [
      counted(this.#closed, "client closed", "clients closed"),
      counted(this.#notIn, "client could not come in", "clients could not come in"),
      counted(sum(results, "missing"), "delivery lost", "deliveries lost"),
      counted(sum(results, "doubled"), "delivery doubled", "deliveries doubled"),
      counted(sum(results, "reordered"), "delivery reordered", "deliveries reordered"),
      // Of the numbers that a room gives to its entries, in version 2.
      counted(sum(sequences, "missing"), "number missing", "numbers missing"),
      counted(sum(sequences, "doubled"), "number doubled", "numbers doubled"),
      counted(sum(sequences, "reordered"), "number reordered", "numbers reordered"),
      counted(this.acks.unanswered, "line not answered", "lines not answered"),
      counted(this.acks.stray, "answer to nothing", "answers to nothing"),
      counted(this.acks.misnumbered, "ack with a wrong number", "acks with a wrong number"),
      counted(this.#unreadable, "unreadable frame", "unreadable frames"),
    ].filter((fault) => !fault.startsWith("0 "));
  }

  get latencies(): Latencies {
    const all = new Latencies();
    for (const result of this.results) all.add(result.latencies);
    return all;
  }

  #takeEntry(client: number, { room, seq, content }: Extract<Received, { kind: "entry" }>): void {
    switch (content.kind) {
      case "foreign":
        return;
      case "probe":
        this.ready.add(client);
        return;
      case "line": {
        const { number, dueUs } = content;
        const result = this.results.findLast((one) => one.has(number));
        result?.take(client, room, number, Math.round(1000 * performance.now()) - dueUs);
        if (result?.senderOf(room, number) === client) this.acks.delivered(room, number, seq);
      }
    }
  }

  #takeRefusal({ line, reason }: Extract<Received, { kind: "refused" }>): void {
    if (line) this.acks.refused(line.room, line.number);
    const result = this.results.findLast((one) => line === undefined || one.has(line.number));
    if (result) result.refused += 1;
    this.remark(`refused: ${reason.replaceAll(/\d+/g, "…")}`);
  }
}

/** What came of one stage. */
export class StageResult {
  readonly stage: Stage;
  readonly participants: Participants;
  readonly latencies = new Latencies();
  /** Lines that were sent, and those of them that the server refused. */
  sent = 0;
  refused = 0;
  /** How long lines were sent. */
  lastedMs = 0;
  /** The deliveries of each room, and where the senders' turn begins there: at another place in each, for an even pace. */
  readonly #rooms: ReadonlyMap<string, { deliveries: Deliveries; shift: number }>;

  constructor(stage: Stage, participants: Participants) {
    this.stage = stage;
    this.participants = participants;
    const { rooms, senders, clientsEver } = participants;
    this.#rooms = new Map(
      rooms.map((room, at) => {
        const shift = Math.floor((at * senders.length) / rooms.length);
        return [room, { deliveries: new Deliveries(clientsEver, senders.length), shift }];
      }),
    );
  }

  /** Whether a line is of this stage or of a later one. */
  has(number: number): boolean {
    return number >= this.participants.firstNumber;
  }

  /** The client that says a line. */
  senderOf(room: string, number: number): number | undefined {
    const { firstNumber, senders } = this.participants;
    const shift = this.#rooms.get(room)?.shift ?? 0;
    return senders[(number - firstNumber + shift) % senders.length];
  }

  /** A client got a line. */
  take(client: number, room: string, number: number, latencyUs: number): void {
    const { firstNumber, clientsEver } = this.participants;
    const deliveries = this.#rooms.get(room)?.deliveries;
    // A client that entered later gets it as part of the room's history.
    if (deliveries === undefined || client >= clientsEver) return;
    const before = deliveries.count;
    deliveries.take(client, number - firstNumber);
    if (deliveries.count > before) this.latencies.record(latencyUs);
  }

  get delivered(): number {
    return this.#sum("count");
  }

  /** Deliveries that have not come. A client that was closed misses what came after. */
  get missing(): number {
    return Math.max(0, (this.sent - this.refused) * this.participants.listeners - this.delivered);
  }

  get doubled(): number {
    return this.#sum("doubled");
  }

  get reordered(): number {
    return this.#sum("reordered");
  }

  #sum(count: "count" | "doubled" | "reordered"): number {
    return sum(
      [...this.#rooms.values()].map(({ deliveries }) => deliveries),
      count,
    );
  }
}

/** Checks that in version 2 every line is answered once, and that its ack tells the number under which everybody gets it. */
class Acks {
  /**
   * Lines that were not answered, or that their sender has not got, by room and number; each with its sequence number as
   * the ack or the sender's own copy told it, whichever came first.
   */
  readonly #lines = new Map<string, { isAnswered: boolean; seq: number | undefined }>();
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
  delivered(room: string, number: number, seq: number): void {
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

/** The numbers that one client got of a room's entries: 1, 2, 3 … without gaps, from where it entered. */
class Sequence {
  readonly #from: number;
  readonly #deliveries = new Deliveries(1, 1);
  #highest: number;

  constructor(from: number) {
    this.#from = from;
    this.#highest = from;
  }

  take(seq: number): void {
    this.#highest = Math.max(this.#highest, seq);
    this.#deliveries.take(0, seq - this.#from - 1);
  }

  get missing(): number {
    return this.#highest - this.#from - this.#deliveries.count;
  }

  get doubled(): number {
    return this.#deliveries.doubled;
  }

  get reordered(): number {
    return this.#deliveries.reordered;
  }
}

export function sum<Key extends string>(items: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return items.reduce((total, one) => total + one[key], 0);
}

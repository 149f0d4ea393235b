import type { RefusalCode } from "../protocol/v2.ts";

/** Counts since the start, by label. Labels are few, and never something that a person typed. */
export class LabelledCounter<L extends string | number> {
  readonly #counts = new Map<L, number>();

  add(label: L): void {
    this.#counts.set(label, this.of(label) + 1);
  }

  of(label: L): number {
    return this.#counts.get(label) ?? 0;
  }

  entries(): [L, number][] {
    return [...this.#counts];
  }
}

/** What has happened on a server, for the metrics. Whatever does a thing also counts it. */
export class Counters {
  /** Sockets, by version of the protocol. */
  readonly opened = new LabelledCounter<1 | 2>();
  /** By close code; "gone": the client or the network went away. "cut": memory ran out. */
  readonly closed = new LabelledCounter<number | "gone" | "cut">();
  readonly logins = new LabelledCounter<"accepted" | "rejected" | "mayNotEnter" | "notSaved">();
  readonly mails = new LabelledCounter<"sent" | "failed">();
  readonly posted = new LabelledCounter<"text" | "edited" | "deleted">();
  readonly refused = new LabelledCounter<RefusalCode>();
  /** Requests that came too fast, by whose pace they were over. */
  readonly tooFast = new LabelledCounter<"connection" | "person" | "peer">();
  /** Readers that fell off a room's log: "told" which messages are gone, or "closed" with 4008. */
  readonly missed = new LabelledCounter<"told" | "closed">();
  /** Handed to sockets. */
  framesSent = 0;
  bytesSent = 0;
}

import type { RefusalCode } from "../protocol/v2.ts";

/** Counts since the start, by what it was. Few kinds, and never what somebody typed. */
export class LabelledCounter<K extends string | number> {
  readonly #counts = new Map<K, number>();

  add(kind: K): void {
    this.#counts.set(kind, this.of(kind) + 1);
  }

  of(kind: K): number {
    return this.#counts.get(kind) ?? 0;
  }

  entries(): [K, number][] {
    return [...this.#counts];
  }
}

/** What has happened on a server, for the metrics. Whoever does it counts it, wherever that is. */
export class Counters {
  /** Sockets, by version of the protocol. */
  readonly opened = new LabelledCounter<1 | 2>();
  /** By close code; "gone": the client went, or the network. "cut": memory ran out. */
  readonly closed = new LabelledCounter<number | "gone" | "cut">();
  readonly logins = new LabelledCounter<"accepted" | "rejected" | "mayNotEnter" | "notSaved">();
  readonly mails = new LabelledCounter<"sent" | "failed">();
  readonly posted = new LabelledCounter<"text" | "edited" | "deleted">();
  readonly refused = new LabelledCounter<RefusalCode>();
  /** Readers that fell off a room's log: "told" which messages are gone, or "closed" with 4008. */
  readonly missed = new LabelledCounter<"told" | "closed">();
  /** Handed to sockets. */
  framesSent = 0;
  bytesSent = 0;
}

/** The only place where a metric is declared: the registry, the docs' table and the check of names come from here. */
import type { Counters, LabelledCounter } from "./counters.ts";

/** A part of the memory that everybody shares. */
export interface Budget {
  readonly name: string;
  readonly usedBytes: number;
  readonly maxBytes: number;
}

/** What the metrics tell. */
export interface Stats extends ServerStats {
  /** Lines that nobody read, by where they were written to. */
  readonly droppedLines: Readonly<Record<"stdout" | "stderr", number>>;
}

/** A server's state when somebody reads the metrics. */
export interface ServerStats {
  readonly counters: Counters;
  /** Open sockets by version of the protocol. */
  readonly connections: Readonly<Record<1 | 2, number>>;
  readonly people: number;
  readonly rooms: number;
  readonly memberships: number;
  readonly mailsWaiting: number;
  readonly budgets: readonly Budget[];
  readonly ceilingBytes: number;
}

/** One value of a metric; the label's value is empty where the metric has no label. */
export type Sample = readonly [label: string, value: number];

export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** What its values are told apart by; undefined where there is one value. */
  readonly label: string | undefined;
  readonly help: string;
  read(stats: Stats): readonly Sample[];
}

export const metricsTable: readonly Metric[] = [
  gauge("plume_connections", "version", "sockets that are open", ({ connections }) => [
    ["1", connections[1]],
    ["2", connections[2]],
  ]),
  counter("plume_connections_opened_total", "version", "sockets that were opened", ({ opened }) => opened),
  counter(
    "plume_connections_closed_total",
    "code",
    "sockets that were closed, by close code; gone: by the client or the network; cut: memory ran out",
    ({ closed }) => closed,
  ),
  counter("plume_logins_total", "result", "codes and tokens that were tried", ({ logins }) => logins),
  counter(
    "plume_mails_total",
    "result",
    "login codes that were mailed, after all tries",
    ({ mails }) => mails,
  ),
  gauge("plume_mails_waiting", undefined, "mails in the queue", ({ mailsWaiting }) => one(mailsWaiting)),
  gauge("plume_people", undefined, "people who are logged in, however many tabs each has", ({ people }) =>
    one(people),
  ),
  gauge("plume_rooms", undefined, "rooms that are there", ({ rooms }) => one(rooms)),
  gauge("plume_memberships", undefined, "connections in rooms, once for each room", ({ memberships }) =>
    one(memberships),
  ),
  counter(
    "plume_messages_posted_total",
    "kind",
    "lines, edits and deletions that rooms took",
    ({ posted }) => posted,
  ),
  counter("plume_refusals_total", "code", "requests that were refused", ({ refused }) => refused),
  counter(
    "plume_too_fast_total",
    "whose",
    "requests that came too fast, or asked for too much: for their connection, for the person on all connections, or for the network address",
    ({ tooFast }) => tooFast,
  ),
  counter(
    "plume_readers_missed_total",
    "outcome",
    "times that a slow reader missed messages",
    ({ missed }) => missed,
  ),
  {
    name: "plume_frames_sent_total",
    type: "counter",
    label: undefined,
    help: "frames handed to sockets; a busy room has many messages in one",
    read: ({ counters }) => one(counters.framesSent),
  },
  {
    name: "plume_sent_bytes_total",
    type: "counter",
    label: undefined,
    help: "their bytes",
    read: ({ counters }) => one(counters.bytesSent),
  },
  {
    name: "plume_lines_dropped_total",
    type: "counter",
    label: "output",
    help: "lines of the log and login codes that nobody read, or a full disk did not take",
    read: ({ droppedLines }) => Object.entries(droppedLines),
  },
  gauge("plume_memory_used_bytes", "budget", "what all share of the memory, as counted", ({ budgets }) =>
    budgets.map(({ name, usedBytes }) => [name, usedBytes] as const),
  ),
  gauge("plume_memory_max_bytes", "budget", "the bound of each", ({ budgets }) =>
    budgets.map(({ name, maxBytes }) => [name, maxBytes] as const),
  ),
  gauge("plume_memory_ceiling_bytes", undefined, "what the process takes at most", ({ ceilingBytes }) =>
    one(ceilingBytes),
  ),
];

function gauge(name: string, label: string | undefined, help: string, read: Metric["read"]): Metric {
  return { name, type: "gauge", label, help, read };
}

function counter<L extends string | number>(
  name: string,
  label: string,
  help: string,
  counterIn: (counters: Counters) => LabelledCounter<L>,
): Metric {
  const read: Metric["read"] = ({ counters }) =>
    counterIn(counters)
      .entries()
      .map(([labelValue, count]) => [String(labelValue), count] as const);
  return { name, type: "counter", label, help, read };
}

function one(value: number): readonly Sample[] {
  return [["", value]];
}

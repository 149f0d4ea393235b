import type { Logbook } from "./logbook.ts";

/** What the books of everybody in one room say together. */
export interface Comparison {
  /** Lines that were said. */
  readonly said: number;
  /** Of them, those that the server said it has. */
  readonly acked: number;
  /** Logs the room has had: one, unless the server forgot it. */
  readonly epochs: number;
  /** Lines that were acked and that somebody who was there has not got, nor was told is gone. */
  readonly lost: readonly string[];
  /** Lines that are twice in one log. */
  readonly doubled: readonly string[];
  /** Where two have not the same under one number. */
  readonly disagreed: readonly string[];
  /** Numbers that somebody who was there has not got, nor was told are gone. */
  readonly holes: readonly string[];
}

/** Compares what all clients of a room have. Each book has seen to it already that its own entries came in order. */
export function compare(books: readonly Logbook[]): Comparison {
  const logs = new Map<string, Map<number, string>>();
  const disagreed: string[] = [];
  const holes: string[] = [];
  for (const { name, stays } of books) {
    for (const [epoch, { from, upTo, entries, gone }] of stays) {
      const log = logs.get(epoch) ?? new Map<number, string>();
      logs.set(epoch, log);
      for (const [seq, what] of entries) {
        const others = log.get(seq) ?? what;
        if (others !== what) disagreed.push(`${seq}: ${name} has "${what}", others "${others}"`);
        log.set(seq, what);
      }
      for (let seq = from + 1; seq <= upTo; seq += 1) {
        if (!entries.has(seq) && !gone.has(seq)) holes.push(`${name} has no ${seq} of ${epoch}`);
      }
    }
  }
  const known = [...logs.values()].map((log) => new Set(log.values()));
  const acked = books.flatMap((book) => [...book.acked.keys()]);
  const said = new Set([...acked, ...books.flatMap(({ outbox }) => outbox)]);
  return {
    said: said.size,
    acked: acked.length,
    epochs: logs.size,
    lost: acked.filter((line) => !known.some((lines) => lines.has(line))),
    doubled: [...logs.values()].flatMap((log) => twice([...log.values()]).filter((line) => said.has(line))),
    disagreed,
    holes,
  };
}

function twice(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  return lines.filter((line) => seen.has(line) || !seen.add(line));
}

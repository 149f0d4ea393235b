/** What a measuring process is told, as JSON on its stdin. */
export interface Job {
  /** How often each row is measured … */
  rounds: number;
  /** … for how long … */
  measuredMs: number;
  /** … and how long it runs before. */
  warmUpMs: number;
  /** Messages over which promises are counted, at least. */
  counted: number;
}

/** What it has measured, as JSON on its stdout: of each pass one. */
export interface Row {
  group: string;
  name: string;
  /** Of the median run in the median round. */
  messagesPerSecond: number;
  promisesPerMessage: number;
}

/** The row that has to reach a number. */
export const bar = {
  name: "channel, one sender and one receiver in batches",
  messagesPerSecond: 10_000_000,
} as const;

/** How many messages a second short of the bar; 0 where it is reached. */
export function missingToBar(rows: readonly Row[]): number {
  const reached = rows.find(({ name }) => name === bar.name)?.messagesPerSecond ?? 0;
  return Math.max(0, bar.messagesPerSecond - reached);
}

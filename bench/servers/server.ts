import type { DialectName } from "../load/dialects/dialects.ts";

/** A server that listens, in a process of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  /** What a client of that name logs in with. */
  token(name: string): string;
}

/** Something to measure: who logs in is in one room, where everybody gets every line. */
export interface Competitor {
  name: string;
  dialect: DialectName;
  /** Whether it promises to lose, double and reorder nothing: then the run fails when it does. */
  promisesAll: boolean;
  start(): Promise<RunningServer>;
}

/** A server that listens, in a process of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  /** On 127.0.0.1, WebSockets at `/connect`. */
  readonly port: number;
  /** What a client of that name logs in with: the text of its Auth message. */
  token(name: string): string;
}

/** Something to measure. It speaks version 1 of Plume's protocol: Auth, AuthAck, and lines from then on. */
export interface Competitor {
  name: string;
  /** Whether it promises to lose, double and reorder nothing: then the run fails when it does. */
  promisesAll: boolean;
  start(): Promise<RunningServer>;
}

/** A way to bring messages from one place to another, as often as it is asked to. */
export interface Pass {
  name: string;
  /** Messages in one run. */
  messages: number;
  /** Brings them there. Returns how many arrived, or throws. */
  run(): Promise<number> | number;
}

/** Passes that do the same work. The first is Plume's; the others are measured beside it. */
export interface Group {
  name: string;
  passes: readonly Pass[];
}

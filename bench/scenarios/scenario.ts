import type { Loads } from "../loads.ts";
import type { Options } from "../options.ts";
import type { Competitors } from "../servers/competitors.ts";

/** What scenarios measure with. */
export interface Bench {
  options: Options;
  competitors: Competitors;
  loads: Loads;
  /** Progress, for people. */
  say(text: string): void;
}

/** One kind of question, with rows of its own. */
export interface Scenario {
  /** What `--only` calls it. */
  name: string;
  /** What it asks, for people. */
  title: string;
  /** About how long it takes on a quiet machine. */
  secondsFor(options: Options): number;
  run(bench: Bench): Promise<Findings>;
}

export interface Findings {
  /** Rows of cells for people, the titles first. */
  table: string[][];
  /** Sentences to read the table with. */
  notes: string[];
  /** The same rows for programs. */
  rows: Record<string, unknown>[];
  bars: Bar[];
  /** Plume lost, doubled or reordered something. */
  isBroken: boolean;
}

/** Something that was promised, and what came of it. */
export interface Bar {
  bar: string;
  measured: string;
  isMet: boolean;
}

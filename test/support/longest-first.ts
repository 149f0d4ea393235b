import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes over 20 s, the longest first. */
const longest = [
  "load/load-test",
  "load/pending",
  "load/cut",
  "wire/idle",
  "load/looks",
  "browser/keyboard",
  "browser/attention",
  "wire/process",
  "browser/chat",
  "browser/rooms",
  "browser/reading",
  "browser/trouble",
  "faults/signals",
  "wire/state",
  "simulation/simulation",
];

/** Starts the longest files first, so that none runs on alone when the others are done. A new checkout knows no times. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const path = relative(this.ctx.config.root, moduleId);
      const rank = longest.findIndex((name) => path === `${name}.test.ts`);
      return rank === -1 ? longest.length : rank;
    };
    return (await super.sort(files)).sort((one, other) => rankOf(one) - rankOf(other));
  }
}

import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes over 20 s, the longest first. */
const longest = [
  "wire/idle",
  "browser/trouble",
  "browser/reading",
  "wire/state",
  "browser/rooms",
  "wire/process",
  "browser/chat",
  "browser/attention",
  "browser/connection",
  "browser/sessions",
  "load/keyboard",
  "load/load-test",
  "load/looks",
  "load/pending",
  "load/cut",
  "faults/signals",
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

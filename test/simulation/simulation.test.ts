import { expect, it } from "vitest";
import { play } from "./play.ts";
import { seeds } from "./seeds.ts";
import { Tally } from "./tally.ts";

/** `npm run test:soak` plays for longer. */
const RUNS = 300;
const TIME_LIMIT_MS = 18_000;

it("keeps every promise, whatever people, the network, the mail, the disk and the machine do", async () => {
  const { failure } = await play({
    total: new Tally(),
    runs: RUNS,
    timeLimitMs: TIME_LIMIT_MS,
    from: undefined,
  });
  expect(failure).toBeUndefined();
}, 120_000);

it.each(seeds)("$found: no more", async (from) => {
  const { failure } = await play({ total: new Tally(), runs: 1, timeLimitMs: TIME_LIMIT_MS, from });
  expect(failure).toBeUndefined();
});

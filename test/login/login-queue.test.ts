import { expect, test } from "vitest";
import { LoginQueue } from "../../src/login/login-queue.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A turnstile whose turns are run by hand. */
function setup(perTurn: number) {
  const clock = new FakeClock();
  const due: (() => void)[] = [];
  clock.turn = (callback) => due.push(callback);
  const turnstile = new LoginQueue(perTurn, clock);
  const passed: number[] = [];
  const come = async (who: number) => {
    await turnstile.pass();
    passed.push(who);
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const turn = async () => {
    for (const callback of due.splice(0)) callback();
    await settle();
  };
  return { turnstile, passed, come, due, settle, turn };
}

test("lets so many through in a turn, in the order of their coming, and everybody in the end", async () => {
  const { passed, come, due, settle, turn } = setup(3);
  for (let who = 1; who <= 8; who += 1) void come(who);
  await settle();
  expect(passed).toEqual([1, 2, 3]);
  await turn();
  expect(passed).toEqual([1, 2, 3, 4, 5, 6]);
  void come(9); // does not overtake
  await turn();
  expect(passed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await turn();
  expect(due).toEqual([]);
});

test("whoever comes at a quiet time need not wait, and costs no promise", async () => {
  const { turnstile, turn } = setup(2);
  expect([turnstile.pass(), turnstile.pass()]).toEqual([undefined, undefined]);
  expect(turnstile.pass()).toBeInstanceOf(Promise);
  await turn();
  expect(turnstile.pass()).toBeUndefined();
});

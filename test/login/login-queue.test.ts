import { expect, test } from "vitest";
import { LoginQueue } from "../../src/login/login-queue.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A queue whose turns are run by hand. */
function setup(perTurn: number) {
  const clock = new FakeClock();
  const due: (() => void)[] = [];
  clock.turn = (callback) => due.push(callback);
  const queue = new LoginQueue(perTurn, clock);
  const passed: number[] = [];
  const come = async (who: number) => {
    await queue.pass();
    passed.push(who);
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const turn = async () => {
    for (const callback of due.splice(0)) callback();
    await settle();
  };
  return { queue, passed, come, due, settle, turn };
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
  const { queue, turn } = setup(2);
  expect([queue.pass(), queue.pass()]).toEqual([undefined, undefined]);
  expect(queue.pass()).toBeInstanceOf(Promise);
  await turn();
  expect(queue.pass()).toBeUndefined();
});

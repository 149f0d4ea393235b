import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { watchResidentMemory } from "../../src/memory/resident.ts";
import { FakeClock } from "../support/fake-clock.ts";

const MiB = 1024 ** 2;
const ceilingBytes = 1000 * MiB;
const near = ceilingBytes - 0.75 * limits.reserveBytes;

function watched() {
  const clock = new FakeClock();
  let bytes = 0;
  let relieved = 0;
  watchResidentMemory({
    clock,
    residentBytes: () => bytes,
    ceilingBytes,
    relieve: () => {
      relieved += 1;
    },
  });
  /** How often connections were let go of until now. */
  return async (residentBytes: number) => {
    bytes = residentBytes;
    await clock.advance(limits.residentEveryMs);
    return relieved;
  };
}

test("connections go when the process comes near its ceiling, and as long as it grows", async () => {
  const at = watched();
  expect(await at(near - 1)).toBe(0);
  expect(await at(near)).toBe(1);
  expect(await at(near + 4 * MiB)).toBe(2);
  expect(await at(near + 8 * MiB)).toBe(3);
});

test("no more go when that changes nothing, for it is memory that is kept to be used again", async () => {
  const at = watched();
  await at(near);
  for (let looks = 0; looks < 50; looks += 1) expect(await at(near + 4 * MiB - 1)).toBe(1);
});

test("it begins anew once there was room", async () => {
  const at = watched();
  await at(near + 20 * MiB);
  expect(await at(near + 10 * MiB)).toBe(1);
  expect(await at(near + 14 * MiB)).toBe(2);
  await at(near - 1);
  expect(await at(near)).toBe(3);
});

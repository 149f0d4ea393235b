import { limits } from "../src/limits.ts";
import { bounds } from "./bounds.ts";
import type { World } from "./connection.ts";

/** Calls back when the machine, or this tab, has slept: a timer that runs far too late tells, as on the server. */
export function onWake(world: Pick<World, "now" | "after">, callback: () => void): void {
  const dueAt = world.now() + bounds.sleepCheckMs;
  world.after(bounds.sleepCheckMs, () => {
    onWake(world, callback);
    if (world.now() - dueAt >= limits.sleepMs) callback();
  });
}

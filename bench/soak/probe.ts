/**
 * A module that is loaded into a server before it starts, and tells over IPC which objects are alive in it. The server
 * knows nothing of it.
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { queryObjects } from "node:v8";
import { type Counted, countedClasses, type ProbeReport } from "./snapshot.ts";

/** The probe is built into a folder of `dist`, which is where the server's classes are. */
const dist = join(import.meta.dirname, "..");
const MB = 2 ** 20;

const timeout = setTimeout(() => {}, 0);
clearTimeout(timeout);
const classes: Record<Counted, unknown> = {
  Connection: await classOf("Connection"),
  Client: await classOf("Client"),
  Room: await classOf("Room"),
  Channel: await classOf("Channel"),
  Follower: await classOf("Follower"),
  Deadline: await classOf("Deadline"),
  Timeout: timeout.constructor,
  Promise,
};

process.on("message", answer);
process.once("disconnect", () => process.exit()); // the process that started it is gone

async function answer(): Promise<void> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("the probe needs --expose-gc");
  for (let time = 0; time < 3; time += 1) {
    gc();
    await setImmediate(); // what the first one frees is finalized, and gone by the last
  }
  process.send?.(report());
}

function report(): ProbeReport {
  const { heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
  return {
    heapMb: heapUsed / MB,
    externalMb: external / MB,
    objects: {
      Connection: count("Connection"),
      Client: count("Client"),
      Room: count("Room"),
      Channel: count("Channel"),
      Follower: count("Follower"),
      Deadline: count("Deadline"),
      Timeout: count("Timeout"),
      Promise: count("Promise"),
    },
    resources,
  };
}

function count(name: Counted): number {
  const found = classes[name];
  if (typeof found !== "function") throw new Error(`the server has no class ${name}`);
  return queryObjects(found, { format: "count" });
}

/** The server's own module, not a copy of it: only its objects are the server's. */
async function classOf(name: keyof typeof countedClasses): Promise<unknown> {
  const url = pathToFileURL(join(dist, countedClasses[name])).href;
  const module: Record<string, unknown> = await import(/* @vite-ignore */ url);
  return module[name];
}

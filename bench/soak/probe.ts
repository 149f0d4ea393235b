/**
 * A module that is loaded into a server before it starts, and tells over IPC which objects are alive in it. The server
 * knows nothing of it.
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { queryObjects } from "node:v8";
import type { ProbeReport } from "./server.ts";

const MB = 2 ** 20;

const timeout = setTimeout(() => {}, 0);
clearTimeout(timeout);
const Timeout = timeout.constructor; // the timer itself would be counted if it were kept
const counts = {
  timers: () => queryObjects(Timeout, { format: "count" }),
  connections: await counterOf("server/connection.js", "Connection"),
  clients: await counterOf("chat/client.js", "Client"),
  rooms: await counterOf("chat/room.js", "Room"),
  channels: await counterOf("channel/channel.js", "Channel"),
  followers: await counterOf("log/follower.js", "Follower"),
  deadlines: await counterOf("actor/deadline.js", "Deadline"),
  promises: () => queryObjects(Promise, { format: "count" }),
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
  return {
    heapMb: heapUsed / MB,
    externalMb: external / MB,
    handles: process.getActiveResourcesInfo().length,
    timers: counts.timers(),
    connections: counts.connections(),
    clients: counts.clients(),
    rooms: counts.rooms(),
    channels: counts.channels(),
    followers: counts.followers(),
    deadlines: counts.deadlines(),
    promises: counts.promises(),
  };
}

/**
 * Counts instances of a class of the server's own module, not of a copy: only its objects are the server's. The probe is
 * built into a folder of `dist`, which is where those modules are.
 */
async function counterOf(file: string, name: string): Promise<() => number> {
  const url = pathToFileURL(join(import.meta.dirname, "..", file)).href;
  const module: Record<string, unknown> = await import(/* @vite-ignore */ url);
  const found = module[name];
  if (typeof found !== "function") throw new Error(`the server has no class ${name} in ${file}`);
  return () => queryObjects(found, { format: "count" });
}

import { existsSync, readFileSync } from "node:fs";

/** Descriptors that a process needs for so many clients, and a few of its own. */
const OWN = 100;

/** Says in a sentence what to do where the system lets no process have so many clients; undefined where it does. */
export function tooFewFiles(clients: number): string | undefined {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
  // Soft and hard: Node raises the one to the other when it starts.
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  if (hard === undefined || Number(hard) >= clients + OWN) return undefined;
  return `${clients} clients need ${clients + OWN} open files, and ${hard} are allowed: run it under \`prlimit --nofile=${clients + OWN}\`.`;
}

import { readFileSync } from "node:fs";

/** Bytes of a process in memory, as the system has them. */
export function residentBytesOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return 1024 * Number(kib);
}

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What a process has used. */
export interface Usage {
  /** CPU time of all its threads that still run, user and system, since they started. */
  cpuMs: number;
  /** How long its main thread was ready to run but had no core. 0 where the system does not tell. */
  waitedMs: number;
  /** Resident memory, in units of 2^20 bytes. */
  memoryMb: number;
}

/** Reads /proc, or asks `ps` where there is none. */
export function usageOf(pid: number): Usage {
  return existsSync("/proc/self/schedstat") ? usageFromProc(pid) : usageFromPs(pid);
}

/** Descriptors that a process needs beside those of its clients. */
const OWN_FILES = 100;

/** Says in a sentence what to do where the system lets no process have so many clients; undefined where it does. */
export function tooFewFiles(clients: number): string | undefined {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
  // Node raises its soft limit to the hard one when it starts.
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  const needed = clients + OWN_FILES;
  if (hard === undefined || Number(hard) >= needed) return undefined;
  return `${clients} clients need ${needed} open files, and ${hard} are allowed: run it under \`prlimit --nofile=${needed}\`.`;
}

function usageFromProc(pid: number): Usage {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => scheduleOf(`/proc/${pid}/task/${thread}`));
  return {
    cpuMs: threads.reduce((sum, { ranMs }) => sum + ranMs, 0),
    waitedMs: scheduleOf(`/proc/${pid}`).waitedMs,
    memoryMb: Number(resident) / 1024,
  };
}

function scheduleOf(folder: string): { ranMs: number; waitedMs: number } {
  const [ranNs, waitedNs] = readFileSync(`${folder}/schedstat`, "utf8").split(" ");
  return { ranMs: Number(ranNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 };
}

function usageFromPs(pid: number): Usage {
  const [resident, time = ""] = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], {
    encoding: "utf8",
  })
    .trim()
    .split(/\s+/);
  // [[days-]hours:]minutes:seconds[.hundredths]
  const seconds = time.split(/[-:]/).reduce((sum, part, at, { length }) => {
    const unit = [1, 60, 3600, 86_400][length - 1 - at] ?? 0;
    return sum + unit * Number(part);
  }, 0);
  return { cpuMs: 1000 * seconds, waitedMs: 0, memoryMb: Number(resident) / 1024 };
}

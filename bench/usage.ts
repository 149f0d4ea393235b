import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What a process has used. */
export interface Usage {
  /** CPU time of all its threads that are left, user and system, since they started. */
  cpuMs: number;
  /** How long its main thread was ready to run but something else had the core. 0 where the system does not tell. */
  waitedMs: number;
  /** Memory that is resident now, in units of 2^20 bytes. */
  memoryMb: number;
}

/** Reads it from /proc, or where there is none from `ps`. */
export function usageOf(pid: number): Usage {
  return existsSync("/proc/self/schedstat") ? usageFromProc(pid) : usageFromPs(pid);
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

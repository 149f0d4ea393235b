import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What a process has used. */
export interface Usage {
  /** CPU time of all its threads, user and system, since it started. Linux counts it in steps of 10 ms. */
  cpuMs: number;
  /** How long its main thread was ready to run but something else had the core. 0 where the system does not tell. */
  waitedMs: number;
  /** Memory that is resident now, in units of 2^20 bytes. */
  memoryMb: number;
}

/** Reads it from /proc, or where there is none from `ps`. */
export function usageOf(pid: number): Usage {
  return existsSync("/proc/self/stat") ? usageFromProc(pid) : usageFromPs(pid);
}

/** The kernel's unit of time in /proc is 1/100 s, whatever its timer does. */
const TICK_MS = 10;

function usageFromProc(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The fields are counted from behind the program's name, which may have anything in it: see proc(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return { cpuMs: ticks * TICK_MS, waitedMs: Number(waitedNs) / 1e6, memoryMb: Number(resident) / 1024 };
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

import { readFileSync } from "node:fs";

/** Linux counts CPU time in ticks of 10 ms, whatever the kernel's own clock. */
const TICK_MS = 10;

/** CPU time of a process, user and system, since it started. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The fields from the third on; the second is the program's name in parentheses, which may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [fields[11], fields[12]];
  return TICK_MS * (Number(userTicks) + Number(systemTicks));
}

import { setFlagsFromString } from "node:v8";
import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";
import { GARBAGE } from "./ceiling.ts";

export interface ResidentWatch {
  clock: Clock;
  /** Resident bytes of this process; undefined where the system cannot tell at the moment. */
  residentBytes: () => number | undefined;
  ceilingBytes: number;
  /** Closes some connections, those that hold most. */
  relieve: () => void;
}

/**
 * Watches the process's resident memory, the last resort against what no budget counts: parts of messages inside
 * uWebSockets, which only the operating system sees. Near the ceiling the connections that hold most are closed, and more of
 * them for as long as the memory grows. Memory that has grown and then stays is kept by the allocator for reuse; closing
 * connections would not return it.
 */
export function watchResidentMemory({ clock, residentBytes, ceilingBytes, relieve }: ResidentWatch): void {
  const nearBytes = ceilingBytes - 0.75 * limits.reserveBytes;
  const stepBytes = limits.reserveBytes / 24;
  let relievedAtBytes = 0;
  const judge = (bytes: number) => {
    if (bytes < nearBytes) relievedAtBytes = 0;
    else if (bytes >= relievedAtBytes + stepBytes) {
      relieve();
      relievedAtBytes = bytes;
    } else relievedAtBytes = Math.min(relievedAtBytes, bytes);
  };
  const look = () => {
    const bytes = residentBytes();
    if (bytes !== undefined) judge(bytes);
    clock.after(limits.residentEveryMs, look);
  };
  look();
}

/**
 * Sets V8's flags to what the memory ceiling counts on: the old generation is collected when it has grown by `GARBAGE`, where
 * V8's own default is up to fourfold, depending on the machine's memory. (`--max-old-space-size` would bound it too, but only
 * from the command line, and V8 ends the process at that bound.) And memory that is unused some 10 s after a rush goes back to
 * the system: 3 KiB for each of 10,000 clients that came in.
 */
export function boundGarbage(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString(`--heap-growing-percent=${100 * GARBAGE}`);
}

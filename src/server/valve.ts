import { limits } from "../limits.ts";
import type { Clock } from "../system/clock.ts";

export interface ValveOptions {
  clock: Clock;
  /** Bytes of this process in memory; undefined where that can't be told now. */
  residentBytes: () => number | undefined;
  ceilingBytes: number;
  /** Lets go of some connections, the youngest. */
  relieve: () => void;
}

/**
 * The last resort: halves of messages in uWebSockets are seen by nobody but the operating system. Where the process comes near its
 * ceiling, the youngest connections go, and more of them as long as it grows: what has grown and then stays is
 * memory that the allocator keeps to use again, and closing connections would not change that.
 */
export function watchMemory({ clock, residentBytes, ceilingBytes, relieve }: ValveOptions): void {
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

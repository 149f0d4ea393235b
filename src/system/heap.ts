import { setFlagsFromString } from "node:v8";
import { GARBAGE } from "./memory-ceiling.ts";

/**
 * Has V8 collect garbage when its old generation has grown by as much as the memory ceiling reckons with. By itself it lets it grow
 * up to fourfold, the more the more memory the machine has; `--max-old-space-size` would bound it too, but only from
 * the command line, and V8 ends the process there. And has it give back what it does not use some 10 s after a rush,
 * which it otherwise keeps: 3 KiB for each of 10,000 clients that have come in.
 */
export function boundGarbage(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString(`--heap-growing-percent=${100 * GARBAGE}`);
}

/** Bytes of this process in memory; undefined while it has no file descriptor left to read that with. */
export function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

import { setFlagsFromString } from "node:v8";
import { GARBAGE } from "./memory-ceiling.ts";

/**
 * Has V8 collect garbage when its old generation has grown by as much as the memory ceiling reckons with. By itself it lets it grow
 * up to fourfold, the more the more memory the machine has; `--max-old-space-size` would bound it too, but only from
 * the command line, and V8 ends the process there.
 */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${100 * GARBAGE}`);
}

/** Bytes of this process in memory. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

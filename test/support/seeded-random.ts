import { createHash } from "node:crypto";
import type { Random } from "../../src/system/random.ts";

/** Bytes that look random and are the same for the same seed. */
export function seededRandom(seed: number): Random {
  let draws = 0;
  return (bytes) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < bytes; have += 32) {
      draws += 1;
      blocks.push(createHash("sha256").update(`${seed} ${draws}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}

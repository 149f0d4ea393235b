import { randomFillSync } from "node:crypto";

/** Unpredictable bytes: codes, keys and jitter come from here. The simulation passes a seeded one. */
export type Random = (bytes: number) => Uint8Array;

/** Bytes that are drawn at once: drawing takes some 14 µs, for however few. */
const POOL_BYTES = 4096;

let pool = new Uint8Array(0);

/** No byte is given twice, nor kept once it was given. */
export const systemRandom: Random = (bytes) => {
  if (pool.length < bytes) pool = randomFillSync(new Uint8Array(Math.max(bytes, POOL_BYTES)));
  const drawn = pool.slice(0, bytes);
  pool.fill(0, 0, bytes);
  pool = pool.subarray(bytes);
  return drawn;
};

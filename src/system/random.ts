import { randomBytes } from "node:crypto";

/** Unpredictable bytes: codes, keys and jitter come from here. The simulation passes a seeded one. */
export type Random = (bytes: number) => Uint8Array;

export const systemRandom: Random = (bytes) => randomBytes(bytes);

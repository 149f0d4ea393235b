/** Bytes of a frame's beginning that one read may leave for the next: more than Plume puts in a frame. */
const LEFTOVER_MAX = 1024 * 1024;
/** Bytes taken from a socket at once. */
const READ_MAX = 256 * 1024;

/**
 * One buffer that every socket reads into, for Node calls back before it reads the next: no allocation per read.
 * What a read leaves over is put before the next one of the same socket, so that no frame lies in two pieces.
 */
export const arena = Buffer.allocUnsafe(LEFTOVER_MAX + READ_MAX);

/** Where sockets read to: in the arena, from `LANDING` on. */
export const LANDING = LEFTOVER_MAX;
export const landing = arena.subarray(LANDING);

/** Puts what was left over before what has just been read. Returns where the whole begins. */
export function prepend(leftover: Buffer): number {
  if (leftover.length > LANDING) throw new Error("the server sent a longer frame than a load client takes");
  leftover.copy(arena, LANDING - leftover.length);
  return LANDING - leftover.length;
}

/** A copy of what lies from `from` to `to`, for the next read. */
export function leftOver(from: number, to: number): Buffer {
  return from === to ? nothing : Buffer.from(arena.subarray(from, to));
}

export const nothing = Buffer.alloc(0);

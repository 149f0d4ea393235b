/** WebSocket frames (RFC 6455), as much of them as a load client needs. */
export const Opcode = { Text: 1, Close: 8, Ping: 9, Pong: 10 } as const;

/** A whole frame from a client: masked, as every server insists. */
export function maskedFrame(opcode: number, payload: Buffer, mask: number): Buffer {
  const long = payload.length > SHORT_MAX;
  if (payload.length > 0xffff) throw new RangeError("a load client sends no frame this long");
  const header = long ? 4 : 2;
  const frame = Buffer.allocUnsafe(header + 4 + payload.length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (long ? LENGTH_16 : payload.length);
  if (long) frame.writeUInt16BE(payload.length, 2);
  frame.writeUInt32BE(mask, header);
  for (let i = 0; i < payload.length; i += 1) {
    frame[header + 4 + i] = (payload[i] ?? 0) ^ (frame[header + (i % 4)] ?? 0);
  }
  return frame;
}

/** Hears a frame: its opcode, and where its payload is. The bytes are there only until this returns. */
export type HearFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Walks the frames of a server in `bytes` from `from` to `to`. Returns where the first begins that is not all there. */
export function walkFrames(bytes: Buffer, from: number, to: number, hear: HearFrame): number {
  let at = from;
  while (to - at >= 2) {
    let length = bytes.readUInt8(at + 1);
    let start = at + 2;
    if (length === LENGTH_16) {
      if (to - at < 4) break;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === LENGTH_64) {
      if (to - at < 10) break;
      length = bytes.readUInt32BE(start + 4); // an arena is far smaller than 4 GiB
      start += 8;
    } else if (length > LENGTH_64) {
      throw new Error("the server sent a masked frame");
    }
    if (start + length > to) break;
    hear(bytes.readUInt8(at) & OPCODE, bytes, start, start + length);
    at = start + length;
  }
  return at;
}

const FIN = 0x80;
const OPCODE = 0x0f;
const MASKED = 0x80;
/** Payloads up to here have their length in the second byte. */
const SHORT_MAX = 125;
/** In place of a length: the next two bytes have it … */
const LENGTH_16 = 126;
/** … or the next eight. */
const LENGTH_64 = 127;

/** WebSocket frames as bytes (RFC 6455, 5.2), right ones and wrong ones. */
export const Op = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

export interface FrameParts {
  opcode: number;
  payload: Uint8Array;
  /** Whether it is the last of its message. */
  fin: boolean;
  /** The three reserved bits, 0 to 7. */
  rsv: number;
  /** What the payload is masked with; undefined sends it as it is, which a client must not. */
  mask: readonly [number, number, number, number] | undefined;
  /** How the length is written: in 7, 16 or 64 bits, or as few as it needs. */
  lengthBits: "fewest" | 16 | 64;
}

const usual: FrameParts = {
  opcode: Op.Text,
  payload: Buffer.alloc(0),
  fin: true,
  rsv: 0,
  mask: [0x37, 0xfa, 0x21, 0x3d],
  lengthBits: "fewest",
};

/** A frame from a client: unless told otherwise one that is whole, of text, masked, and empty. */
export function frame(parts: Partial<FrameParts> = {}): Buffer {
  const { opcode, payload, fin, rsv, mask, lengthBits } = { ...usual, ...parts };
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const length = lengthOf(payload.length, lengthBits);
  const masked = mask ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload;
  length[0] = (length[0] ?? 0) | (mask ? 0x80 : 0);
  return Buffer.concat([Buffer.of(first), length, Buffer.from(mask ?? []), masked]);
}

/** The bytes after the first, up to the mask. */
function lengthOf(length: number, bits: FrameParts["lengthBits"]): Buffer {
  const fewest = length < 126 ? 7 : length < 65_536 ? 16 : 64;
  switch (bits === "fewest" ? fewest : bits) {
    case 7:
      return Buffer.of(length);
    case 16: {
      const bytes = Buffer.of(126, 0, 0);
      bytes.writeUInt16BE(length, 1);
      return bytes;
    }
    case 64: {
      const bytes = Buffer.concat([Buffer.of(127), Buffer.alloc(8)]);
      bytes.writeBigUInt64BE(BigInt(length), 1);
      return bytes;
    }
  }
}

/** The first bytes of a frame that claims a length of 64 bits, and nothing of its payload. */
export function claim(length: bigint): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt16BE(0x81ff);
  bytes.writeBigUInt64BE(length, 2);
  return bytes;
}

export function text(payload: string | Uint8Array, parts: Partial<FrameParts> = {}): Buffer {
  return frame({ opcode: Op.Text, payload: Buffer.from(payload), ...parts });
}

export function ping(payload: string | Uint8Array = "", parts: Partial<FrameParts> = {}): Buffer {
  return frame({ opcode: Op.Ping, payload: Buffer.from(payload), ...parts });
}

export function pong(payload: string | Uint8Array = "", parts: Partial<FrameParts> = {}): Buffer {
  return frame({ opcode: Op.Pong, payload: Buffer.from(payload), ...parts });
}

export function close(code: number, reason: string | Uint8Array = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame({ opcode: Op.Close, payload: Buffer.concat([head, Buffer.from(reason)]) });
}

/** One message in as many frames as there are pieces, with other frames before the second of them. */
export function fragments(
  pieces: readonly (string | Uint8Array)[],
  between: Buffer = Buffer.alloc(0),
): Buffer {
  const frames = pieces.map((piece, at) =>
    frame({
      opcode: at === 0 ? Op.Text : Op.Continuation,
      payload: Buffer.from(piece),
      fin: at === pieces.length - 1,
    }),
  );
  const [first = Buffer.alloc(0), ...others] = frames;
  return Buffer.concat([first, between, ...others]);
}

/** The bytes one by one. */
export function bytewise(bytes: string | Uint8Array): Buffer[] {
  return [...Buffer.from(bytes)].map((byte) => Buffer.of(byte));
}

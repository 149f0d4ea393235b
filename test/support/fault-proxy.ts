import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline, Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

type Side = "client" | "server";

/** What happens to one connection on its way. Without `from`: in both directions. */
export type Fault =
  | InPieces
  /** Everything comes so much later; nothing waits for what was before it. */
  | { readonly kind: "latency"; readonly ms: number }
  | { readonly kind: "bandwidth"; readonly bytesPerSecond: number }
  /** After so many bytes of this side nothing of it is passed on for a while; then all of it is. */
  | { readonly kind: "stall"; readonly from: Side; readonly afterBytes: number; readonly ms: number }
  | Cut;

/** `wholeBytes` of either side are passed on as they come, and those after them in pieces of these sizes, by turns. Empty: as they come. */
export interface InPieces {
  readonly kind: "pieces";
  readonly wholeBytes: number;
  readonly pieceBytes: readonly number[];
}

/** As soon as so many bytes of this side have been passed on, the connection is cut, and nothing else is passed on. */
export interface Cut {
  readonly kind: "cut";
  readonly from: Side;
  readonly afterBytes: number;
  /**
   * FIN: both sides are closed, as by a process that ends. RST: they are reset, as by a firewall that has lost its state.
   * Silence: neither hears of it, as when the other machine loses its power.
   */
  readonly by: "FIN" | "RST" | "silence";
}

/** A TCP proxy on a free port of 127.0.0.1. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** How many connections were cut; one that ended before does not count. */
  readonly cuts: number;
  /** Forgets the connections that are open: nothing of them is passed on any more, and neither side hears of it. New ones pass. */
  forget(): void;
}

/**
 * Does to the first connections through it what it is told, the first list to the first; later ones pass unharmed.
 * @param serverUrl `http://…`, asked for each connection.
 */
export async function startFaultProxy(
  serverUrl: () => string,
  connections: readonly (readonly Fault[])[],
): Promise<FaultProxy> {
  const coming = [...connections];
  const open = new Set<Socket>();
  /** Each silences an open connection. */
  const silencers = new Set<() => void>();
  let cuts = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const { hostname: host, port } = new URL(serverUrl());
    const upstream = connect({ host, port: Number(port), noDelay: true });
    const both = [client, upstream];
    for (const socket of both) {
      open.add(socket);
      socket.on("close", () => open.delete(socket)).on("error", () => {}); // `close` follows
    }
    const faults = coming.shift() ?? [];
    let isSilent = false;
    const silence = () => {
      isSilent = true;
    };
    silencers.add(silence);
    client.on("close", () => silencers.delete(silence));
    const passOn = async (side: Side, from: Socket, to: Socket) => {
      const pieces = suffer(faults, side, whatComes(from));
      const ending = await forward(pieces, async (piece) => isSilent || (await write(to, piece)));
      if (isSilent) return;
      if (ending !== "ended") cuts += 1;
      isSilent = ending === "silence";
      if (isSilent) return;
      for (const socket of both) {
        if (ending === "RST") socket.resetAndDestroy();
        else socket.destroySoon();
      }
    };
    void passOn("client", client, upstream);
    void passOn("server", upstream, client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");

  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    get cuts() {
      return cuts;
    },
    forget() {
      for (const silence of silencers) silence();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How the bytes of one side ended: by themselves or by a cut. */
type Ending = "ended" | Cut["by"];
type Pieces = AsyncGenerator<Buffer, Ending>;

/** What is left of the bytes of one side. A cut comes last, so that it counts what has really been passed on. */
function suffer(faults: readonly Fault[], side: Side, pieces: Pieces): Pieces {
  const inOrder = [...faults].sort((a, b) => Number(a.kind === "cut") - Number(b.kind === "cut"));
  return inOrder.reduce((before, fault) => sufferOne(fault, side, before), pieces);
}

function sufferOne(fault: Fault, side: Side, pieces: Pieces): Pieces {
  switch (fault.kind) {
    case "pieces":
      return inPieces(pieces, fault.wholeBytes, fault.pieceBytes);
    case "latency":
      return late(pieces, fault.ms);
    case "bandwidth":
      return slow(pieces, fault.bytesPerSecond);
    case "stall":
      return fault.from === side ? stalled(pieces, fault.afterBytes, fault.ms) : pieces;
    case "cut":
      return fault.from === side ? cutAfter(pieces, fault.afterBytes, fault.by) : pieces;
  }
}

/** Passes bytes on until they end, or one of the sockets does. */
async function forward(pieces: Pieces, passOn: (piece: Buffer) => Promise<unknown>): Promise<Ending> {
  try {
    for (;;) {
      const next = await pieces.next();
      if (next.done) return next.value;
      await passOn(next.value);
    }
  } catch {
    return "ended"; // one of them was reset, or destroyed by the other direction
  }
}

async function* whatComes(socket: Socket): Pieces {
  yield* socket.iterator({ destroyOnReturn: false });
  return "ended";
}

/** Each piece gets a turn of its own, so that it is a packet of its own. */
async function* inPieces(pieces: Pieces, wholeBytes: number, pieceBytes: readonly number[]): Pieces {
  let passed = 0;
  let turn = 0;
  for await (const data of pieces) {
    for (let rest = data; rest.length > 0; ) {
      const isWhole = passed < wholeBytes;
      const size = isWhole ? wholeBytes - passed : (pieceBytes[turn++ % pieceBytes.length] ?? rest.length);
      const piece = rest.subarray(0, size);
      yield piece;
      passed += piece.length;
      rest = rest.subarray(size);
      if (rest.length > 0) await new Promise(setImmediate);
    }
  }
  return "ended";
}

/** A long wire: any number of pieces are on it at once. */
async function* late(pieces: Pieces, ms: number): Pieces {
  const wire = new Transform({
    transform(piece, _, done) {
      setTimeout(() => this.push(piece), ms);
      done();
    },
    flush: (done) => void setTimeout(done, ms),
  });
  pipeline(pieces, wire, () => {}); // an error ends the wire, and comes out of it
  yield* wire;
  return "ended";
}

async function* slow(pieces: Pieces, bytesPerSecond: number): Pieces {
  const stepBytes = Math.ceil(bytesPerSecond / 20);
  for await (const piece of inPieces(pieces, 0, [stepBytes])) {
    yield piece;
    await sleep((piece.length / bytesPerSecond) * 1000);
  }
  return "ended";
}

async function* stalled(pieces: Pieces, afterBytes: number, ms: number): Pieces {
  let passed = 0;
  let isOver = false;
  for await (const piece of pieces) {
    const before = piece.subarray(0, isOver ? piece.length : afterBytes - passed);
    passed += before.length;
    yield before;
    if (isOver || passed < afterBytes) continue;
    await sleep(ms);
    isOver = true;
    yield piece.subarray(before.length);
  }
  return "ended";
}

async function* cutAfter(pieces: Pieces, afterBytes: number, by: Cut["by"]): Pieces {
  let left = afterBytes;
  if (left === 0) return by;
  for await (const piece of pieces) {
    const last = piece.subarray(0, left);
    left -= last.length;
    yield last;
    if (left === 0) return by;
  }
  return "ended";
}

function write(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
  return address.port;
}

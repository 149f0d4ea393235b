import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

type Side = "client" | "server";

/** Where a connection is cut, and what happens to it until then. */
export interface Cut {
  /** Whose bytes are counted. */
  readonly from: Side;
  /** As soon as so many of them have been passed on, the connection is cut, and nothing else is passed on. */
  readonly afterBytes: number;
  /** FIN: both sides are closed, as by a process that ends. RST: they are reset, as by a firewall that has lost its state. */
  readonly by: "FIN" | "RST";
  /** So many bytes of either side are passed on as they come … */
  readonly wholeBytes: number;
  /** … and those after them in pieces of these sizes, by turns. Empty: as they come. */
  readonly pieceBytes: readonly number[];
}

/** A TCP proxy on a free port of 127.0.0.1. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many connections were cut; one that ended before does not count. */
  readonly cuts: number;
}

/** Cuts the first connections through it, one each as told; later ones pass. @param url the server's, `http://…`. */
export async function startCuttingProxy(url: string, cuts: readonly Cut[]): Promise<CuttingProxy> {
  const { hostname: host, port } = new URL(url);
  const coming = [...cuts];
  const open = new Set<Socket>();
  let cutsDone = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true });
    const both = [client, upstream];
    for (const socket of both) {
      open.add(socket);
      socket.on("close", () => open.delete(socket)).on("error", () => {}); // `close` follows
    }
    const cut = coming.shift() ?? uncut;
    const passOn = async (side: Side, from: Socket, to: Socket) => {
      const bytesMax = side === cut.from ? cut.afterBytes : Number.POSITIVE_INFINITY;
      const how = await forward(from, to, bytesMax, cut);
      if (how === "cut") cutsDone += 1;
      for (const socket of both) {
        if (how === "cut" && cut.by === "RST") socket.resetAndDestroy();
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
      return cutsDone;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const uncut: Cut = {
  from: "client",
  afterBytes: Number.POSITIVE_INFINITY,
  by: "FIN",
  wholeBytes: 0,
  pieceBytes: [],
};

/** Passes bytes on until it has passed on all it may, or until one of the sockets has ended. */
async function forward(from: Socket, to: Socket, bytesMax: number, cut: Cut): Promise<"cut" | "ended"> {
  let left = bytesMax;
  if (left === 0) return "cut";
  try {
    for await (const piece of pieces(from, cut)) {
      const last = piece.subarray(0, left);
      left -= last.length;
      await write(to, last);
      if (left === 0) return "cut";
    }
  } catch {
    // One of them was reset, or destroyed by the other direction.
  }
  return "ended";
}

/** What comes from a socket, in pieces; each gets a turn of its own, so that it is a packet of its own. */
async function* pieces(socket: Socket, { wholeBytes, pieceBytes }: Cut): AsyncGenerator<Buffer> {
  let passed = 0;
  let turn = 0;
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    for (let rest: Buffer = data; rest.length > 0; ) {
      const isWhole = passed < wholeBytes;
      const size = isWhole ? wholeBytes - passed : (pieceBytes[turn++ % pieceBytes.length] ?? rest.length);
      const piece = rest.subarray(0, size);
      yield piece;
      passed += piece.length;
      rest = rest.subarray(size);
      if (rest.length > 0) await new Promise(setImmediate);
    }
  }
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

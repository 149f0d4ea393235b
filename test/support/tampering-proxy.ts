import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { takeFrame } from "./raw-socket.ts";

/** A proxy that changes what a server says to its first client. */
export interface TamperingProxy extends AsyncDisposable {
  /** `ws://localhost:PORT`. */
  readonly url: string;
}

/** What becomes of a text frame of the server's: the frames that go on in its place. */
export type Tamper = (frame: Buffer, text: string) => readonly Buffer[];

/** @param serverUrl the server's, `http://…`. */
export async function startTamperingProxy(serverUrl: string, tamper: Tamper): Promise<TamperingProxy> {
  const sockets = new Set<Socket>();
  let clients = 0;
  const server = createServer((client) => {
    clients += 1;
    const upstream = connect({ port: Number(new URL(serverUrl).port), host: "localhost" });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => [client, upstream].map((end) => end.destroy()));
    }
    client.pipe(upstream);
    if (clients === 1) upstream.on("data", tampered(tamper, client));
    else upstream.pipe(client);
  });
  await once(server.listen(0, "localhost"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `ws://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes on what a server says: the answer to the handshake as it is, then frame by frame. */
function tampered(tamper: Tamper, client: Socket): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    if (!isOpen) {
      const end = rest.indexOf("\r\n\r\n");
      if (end === -1) return;
      isOpen = true;
      client.write(rest.subarray(0, end + 4));
      rest = rest.subarray(end + 4);
    }
    for (let next = takeFrame(rest); next; next = takeFrame(rest)) {
      const frame = rest.subarray(0, rest.length - next.rest.length);
      for (const sent of tamper(frame, next.payload.toString("utf8"))) client.write(sent);
      rest = next.rest;
    }
  };
}

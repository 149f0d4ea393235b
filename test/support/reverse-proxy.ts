import { once } from "node:events";
import { createServer, request } from "node:http";

/** A page of somebody else's on an origin of its own, with the server's WebSocket behind it: a reverse proxy. */
export interface ReverseProxy extends AsyncDisposable {
  readonly url: string;
}

/** @param files what it serves by path; everything at `/connect` goes to the server. */
export async function startReverseProxy(
  files: Record<string, { type: string; body: string }>,
  serverPort: () => number,
): Promise<ReverseProxy> {
  const server = createServer((asked, answer) => {
    const file = files[asked.url ?? ""];
    answer
      .writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" })
      .end(file?.body ?? "not here");
  });
  server.on("upgrade", (asked, socket, head) => {
    const forward = request({ port: serverPort(), path: asked.url, headers: asked.headers });
    forward.on("upgrade", (answer, upstream) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("")}\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
      for (const end of [upstream, socket]) end.on("error", () => {});
    });
    forward.on("response", () => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://localhost:${port}`, [Symbol.asyncDispose]: close };
}

import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";

/** An origin of its own with servers behind it: a reverse proxy. */
export interface ReverseProxy extends AsyncDisposable {
  readonly url: string;
}

export interface ReverseProxyOptions {
  /** What it serves itself, by path. */
  files?: Record<string, { type: string; body: string }>;
  /** The ports of servers by the path that they are under, which is stripped: `/chat/`. WebSockets pass. */
  mounts: Record<string, () => number>;
}

export async function startReverseProxy({ files = {}, mounts }: ReverseProxyOptions): Promise<ReverseProxy> {
  const forwarded = ({ url = "", method, headers }: IncomingMessage) => {
    const under = Object.keys(mounts).find((path) => url.startsWith(path)) ?? "";
    const port = mounts[under]?.();
    return port === undefined
      ? undefined
      : request({ port, method, headers, path: `/${url.slice(under.length)}` });
  };
  const server = createServer((asked, answer) => {
    const file = files[asked.url ?? ""];
    const forward = file === undefined ? forwarded(asked) : undefined;
    if (forward === undefined) {
      answer
        .writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" })
        .end(file?.body ?? "not here");
      return;
    }
    forward.on("response", (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    forward.on("error", () => answer.writeHead(502).end());
    asked.pipe(forward);
  });
  server.on("upgrade", (asked, socket, head) => {
    const forward = forwarded(asked);
    if (forward === undefined) {
      socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    forward.on("upgrade", (answer, upstream) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("")}\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
      for (const end of [upstream, socket]) end.on("error", () => {});
    });
    forward.on("error", () => socket.destroy());
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

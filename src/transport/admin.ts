import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { limits } from "../limits.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { type HttpAnswer, httpTimeouts, pathOf, plain, respond } from "./http.ts";

interface AdminOptions {
  port: number;
  metrics: Metrics;
  /** Whether the server takes clients: it listens, and is not stopping. */
  isReady: () => boolean;
}

/**
 * Serves the operator's paths (`/metrics`, `/livez`, `/readyz`) on this machine only, in IPv4 and, where there is one, IPv6.
 * It never keeps the process alive, and is never closed, so that it says to the end that the server is stopping. False when
 * the port is taken.
 */
export async function listenAdmin(options: AdminOptions): Promise<boolean> {
  const listener: RequestListener = (request, response) => {
    if (!isLocal(request, options.port)) {
      respond(
        response,
        plain("421 Misdirected Request", "this is asked for by the name or address of this machine only"),
      );
      return;
    }
    answerOf(options, request.method ?? "", pathOf(request)).then(
      (answer) => respond(response, answer),
      () => respond(response, plain("500 Internal Server Error", "the metrics could not be read")),
    );
  };
  const listens = await listen(listener, "127.0.0.1", options.port);
  if (listens) await listen(listener, "::1", options.port);
  return listens;
}

/**
 * Whether a request was meant for this port: a page whose name is made to lead here (DNS rebinding) has a browser ask by that
 * name, and would read the answer.
 */
function isLocal({ rawHeaders }: IncomingMessage, port: number): boolean {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "host");
  const [host = "", ...others] = hosts.map((name) => name.toLowerCase());
  return (
    others.length === 0 && ["localhost", "127.0.0.1", "[::1]"].some((name) => host === `${name}:${port}`)
  );
}

async function answerOf(
  { metrics, isReady }: AdminOptions,
  method: string,
  path: string,
): Promise<HttpAnswer> {
  if (!["/metrics", "/livez", "/readyz"].includes(path))
    return plain("404 Not Found", "there is nothing here");
  if (method !== "GET" && method !== "HEAD") {
    return plain("405 Method Not Allowed", "only GET and HEAD are allowed", [["allow", "GET, HEAD"]]);
  }
  switch (path) {
    case "/livez":
      return plain("200 OK", "ok");
    case "/readyz":
      return isReady() ? plain("200 OK", "ok") : plain("503 Service Unavailable", "not ready");
    default: {
      const text = await metrics.text();
      return {
        status: "200 OK",
        headers: [
          ["content-type", metrics.contentType],
          ["cache-control", "no-store"],
        ],
        body: Buffer.from(text),
      };
    }
  }
}

function listen(listener: RequestListener, host: string, port: number): Promise<boolean> {
  const server: Server = createServer(httpTimeouts, listener);
  server.setTimeout(limits.httpTimeoutMs);
  server.maxConnections = limits.adminConnectionsMax;
  return new Promise((resolve) => {
    server.on("error", () => resolve(false));
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => resolve(true));
    server.unref();
  });
}

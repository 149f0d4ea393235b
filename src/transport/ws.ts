import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { limits } from "../limits.ts";
import { Endpoint, type Listen, SOCKET_PATH } from "./endpoint.ts";
import type { HttpAnswer } from "./http.ts";
import { httpTimeouts, pathOf, respond } from "./node-http.ts";
import type { Listener } from "./socket.ts";
import type { FileRequest } from "./static-files.ts";
import { type Handover, WsSockets } from "./ws-sockets.ts";

/** Listens with Node's own HTTP server and the library `ws`. */
export const listenWithWs: Listen = (at) => {
  const entrance = new Endpoint(at);
  const refuse = (request: IncomingMessage, stream: Duplex) => {
    respondOn(stream, request, entrance.answer(fileRequest(request)));
  };
  const sockets = new WsSockets({ ...at, refuse });
  const server = createServer(httpTimeouts, (request, response) => {
    respond(response, entrance.answer(fileRequest(request)));
  });
  server.setTimeout(limits.httpTimeoutMs); // for reading an answer; `ws` takes it off its sockets
  server.on("upgrade", (request, stream, head) => upgrade(entrance, sockets, { request, stream, head }));
  server.on("error", () => {}); // of one connection that could not be accepted, or else `bind` tells
  return bind(server, at.host, at.port).then((isBound) => {
    if (!isBound) return undefined;
    const listening = listener(server, at.host, sockets);
    entrance.opened(listening.port);
    return listening;
  });
};

function bind(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = () => resolve(false);
    server.once("error", failed);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}

/** Node hands over whatever wants another protocol: only a WebSocket at its path gets one. */
function upgrade(entrance: Endpoint, sockets: WsSockets, handover: Handover): void {
  const { request, stream } = handover;
  const asked = fileRequest(request);
  if (asked.path !== SOCKET_PATH) {
    respondOn(stream, request, entrance.answer(asked));
    return;
  }
  const admission = entrance.admit({
    upgrade: header(request, "upgrade"),
    socketVersion: header(request, "sec-websocket-version"),
    origin: header(request, "origin"),
    address: request.socket.remoteAddress ?? "",
    forwardedFor: header(request, "x-forwarded-for"),
    subprotocols: header(request, "sec-websocket-protocol"),
  });
  if (admission.kind === "admitted") sockets.open(handover, admission);
  else respondOn(stream, request, admission.answer);
}

function fileRequest(request: IncomingMessage): FileRequest {
  return {
    method: (request.method ?? "").toLowerCase(),
    path: pathOf(request),
    acceptEncoding: header(request, "accept-encoding"),
    ifNoneMatch: header(request, "if-none-match"),
  };
}

/** A header's value, joined with commas where it came several times; empty when it did not come. */
function header(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? "");
}

/** Answers a request that Node has handed over with its stream, and closes that. */
function respondOn(stream: Duplex, request: IncomingMessage, { status, headers, body }: HttpAnswer): void {
  const lines = [
    `HTTP/1.1 ${status}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "connection: close",
  ];
  stream.on("error", () => {}); // the client is gone
  stream.on("finish", () => stream.destroy());
  stream.write(`${lines.join("\r\n")}\r\n\r\n`);
  stream.end(request.method === "HEAD" ? undefined : body);
}

function listener(server: Server, host: string, sockets: WsSockets): Listener {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP port");
  const { port } = address;
  return {
    port,
    stopAccepting: () => void server.close(),
    acceptAgain: () => bind(server, host, port),
    destroy() {
      server.close();
      server.closeAllConnections();
      sockets.destroy();
    },
  };
}

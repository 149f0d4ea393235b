import type {
  HttpRequest,
  HttpResponse,
  ListenOptions,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
} from "uWebSockets.js";
import uWS from "uWebSockets.js";
import { SUBPROTOCOL } from "../protocol/v2.ts";
import { Endpoint, type Listen, SOCKET_PATH } from "./endpoint.ts";
import type { HttpAnswer } from "./http.ts";
import { forwardedFor } from "./peer.ts";
import type { Listener } from "./socket.ts";
import { type SocketData, socketBehavior } from "./uws-socket.ts";

declare module "uWebSockets.js" {
  // The library takes options after a host too; its types leave that out.
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: ListenOptions,
      listening: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}

/** Without this a second server on the same port starts without an error and takes half the connections. */
const EXCLUSIVE_PORT: ListenOptions = 1;

/** Listens with uWebSockets. */
export const listenWithUws: Listen = (at) => {
  const app = uWS.App();
  const entrance = new Endpoint(at);
  app.ws<SocketData>(SOCKET_PATH, {
    ...socketBehavior(at),
    upgrade: (response, request, context) => upgrade(entrance, response, request, context),
  });
  app.any("/*", (response, request) => {
    const answer = entrance.answer({
      method: request.getMethod(),
      path: request.getUrl(),
      acceptEncoding: request.getHeader("accept-encoding"),
      ifNoneMatch: request.getHeader("if-none-match"),
    });
    respond(response, request.getMethod(), answer);
  });
  return bind(app, at.host, at.port).then((socket) => {
    if (!socket) return undefined;
    const listening = listener(app, at.host, socket);
    entrance.opened(listening.port);
    return listening;
  });
};

function bind(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket | false> {
  return new Promise((resolve) => void app.listen(host, port, EXCLUSIVE_PORT, resolve));
}

function upgrade(
  entrance: Endpoint,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const admission = entrance.admit({
    upgrade: request.getHeader("upgrade"),
    socketVersion: request.getHeader("sec-websocket-version"),
    origin: request.getHeader("origin"),
    address: Buffer.from(response.getRemoteAddressAsText()).toString("latin1"),
    forwardedFor: forwardedFor(request),
    subprotocols: request.getHeader("sec-websocket-protocol"),
  });
  if (admission.kind === "refused") {
    respond(response, "get", admission.answer);
    return;
  }
  const { peer, version } = admission;
  response.upgrade<SocketData>(
    { peer, version, link: undefined },
    request.getHeader("sec-websocket-key"),
    version === 2 ? SUBPROTOCOL : "", // version 1 has none
    request.getHeader("sec-websocket-extensions"),
    context,
  );
}

function respond(response: HttpResponse, method: string, { status, headers, body }: HttpAnswer): void {
  response.writeStatus(status);
  for (const [name, value] of headers) response.writeHeader(name, value);
  if (method === "head") {
    // For uWebSockets an answer without a body is not complete: it wants to know what to do when the client goes
    // away, and takes no further request on the connection, so that is closed.
    response.onAborted(() => {});
    response.endWithoutBody(body.length, true);
  } else {
    response.end(body);
  }
}

function listener(app: TemplatedApp, host: string, bound: us_listen_socket): Listener {
  const port = uWS.us_socket_local_port(bound);
  let socket: us_listen_socket | false = bound;
  const stopAccepting = () => {
    if (socket) uWS.us_listen_socket_close(socket);
    socket = false;
  };
  return {
    port,
    stopAccepting,
    async acceptAgain() {
      socket = await bind(app, host, port);
      return socket !== false;
    },
    destroy() {
      stopAccepting();
      app.close();
    },
  };
}

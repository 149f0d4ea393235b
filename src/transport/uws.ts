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
import { type Answer, plain } from "./http.ts";
import { Origins } from "./origins.ts";
import { forwardedFor, type PeerOf } from "./peer.ts";
import type { Door, Listener } from "./socket.ts";
import type { StaticFiles } from "./static-files.ts";
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

/** RFC 6455's, the only one there is. */
const WEBSOCKET_VERSION = "13";

const upgradeRequired = plain(
  "426 Upgrade Required",
  `This is where WebSockets of version ${WEBSOCKET_VERSION} connect.`,
  [
    ["upgrade", "websocket"],
    ["sec-websocket-version", WEBSOCKET_VERSION],
  ],
);

export interface ListenAt {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Which pages may connect, given the port that was got. */
  origins: (port: number) => Origins;
  peerOf: PeerOf;
  files: StaticFiles;
  door: Door;
}

/** Listens with uWebSockets: the page, `/healthz` and the WebSocket at `/connect`. `undefined` when the address is taken or not ours. */
export function listenWithUws(at: ListenAt): Promise<Listener | undefined> {
  const app = uWS.App();
  let origins = new Origins([]); // nobody connects before the port is known
  app.ws<SocketData>("/connect", {
    ...socketBehavior(at.door),
    upgrade: (response, request, context) => upgrade(at, origins, response, request, context),
  });
  app.any("/*", (response, request) => respond(response, request.getMethod(), answer(at, request)));
  return new Promise((resolve) => {
    app.listen(at.host, at.port, EXCLUSIVE_PORT, (socket) => {
      if (!socket) return resolve(undefined);
      const listening = listener(app, socket);
      origins = at.origins(listening.port);
      resolve(listening);
    });
  });
}

function upgrade(
  at: ListenAt,
  origins: Origins,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  if (!isWebSocket(request)) {
    respond(response, "get", upgradeRequired);
    return;
  }
  const origin = request.getHeader("origin");
  if (!origins.allow(origin)) {
    respond(response, "get", plain("403 Forbidden", origins.refusal(origin)));
    return;
  }
  const text = (address: ArrayBuffer) => Buffer.from(address).toString("latin1");
  const peer = at.peerOf(text(response.getRemoteAddressAsText()), forwardedFor(request));
  const asked = request.getHeader("sec-websocket-protocol").split(/,\s*/);
  const version = asked.includes(SUBPROTOCOL) ? 2 : 1;
  response.upgrade<SocketData>(
    { peer, version, link: undefined },
    request.getHeader("sec-websocket-key"),
    version === 2 ? SUBPROTOCOL : "", // version 1 has none
    request.getHeader("sec-websocket-extensions"),
    context,
  );
}

/** uWebSockets itself looks at the method and the key only. */
function isWebSocket(request: HttpRequest): boolean {
  const version = request.getHeader("sec-websocket-version");
  return request.getHeader("upgrade").toLowerCase() === "websocket" && version === WEBSOCKET_VERSION;
}

function answer(at: ListenAt, request: HttpRequest): Answer {
  const path = request.getUrl();
  switch (path) {
    case "/healthz":
      return at.door.healthy() ? plain("200 OK", "ok") : plain("503 Service Unavailable", "stopping");
    case "/connect":
      return upgradeRequired;
    default:
      return at.files.answer({
        method: request.getMethod(),
        path,
        acceptEncoding: request.getHeader("accept-encoding"),
        ifNoneMatch: request.getHeader("if-none-match"),
      });
  }
}

function respond(response: HttpResponse, method: string, { status, headers, body }: Answer): void {
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

function listener(app: TemplatedApp, socket: us_listen_socket): Listener {
  let accepting = true;
  const stopAccepting = () => {
    if (accepting) uWS.us_listen_socket_close(socket);
    accepting = false;
  };
  return {
    port: uWS.us_socket_local_port(socket),
    stopAccepting,
    destroy() {
      stopAccepting();
      app.close();
    },
  };
}

import type {
  HttpRequest,
  HttpResponse,
  ListenOptions as LibraryListenOptions,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from "uWebSockets.js";
import uWS from "uWebSockets.js";
import { limits } from "../limits.ts";
import type { Goodbye } from "../protocol/close.ts";
import { SUBPROTOCOL } from "../protocol/v2.ts";
import { type Admitted, Endpoint, type Listen, type Listener, SOCKET_PATH } from "./endpoint.ts";
import type { HttpAnswer } from "./http.ts";
import { forwardedFor } from "./peer.ts";
import { BaseSocket, type Frame, type SocketContext } from "./socket.ts";

declare module "uWebSockets.js" {
  // The library takes options after a host too; its types leave that out.
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: LibraryListenOptions,
      listening: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}

/** Without this a second server on the same port starts without an error and takes half the connections. */
const EXCLUSIVE_PORT: LibraryListenOptions = 1;

/** Listens with uWebSockets. */
export const listenWithUws: Listen = async (options) => {
  const app = uWS.App();
  const endpoint = new Endpoint(options);
  app.ws<SocketData>(SOCKET_PATH, {
    ...socketBehavior(options),
    upgrade: (response, request, context) => upgrade(endpoint, response, request, context),
  });
  app.any("/*", (response, request) => {
    const answer = endpoint.answer({
      method: request.getMethod(),
      path: request.getUrl(),
      acceptEncoding: request.getHeader("accept-encoding"),
      ifNoneMatch: request.getHeader("if-none-match"),
    });
    respond(response, request.getMethod(), answer);
  });
  const bound = await bind(app, options.host, options.port);
  if (!bound) return undefined;
  const listener = createListener(app, options.host, bound);
  endpoint.listens(listener.port);
  return listener;
};

function bind(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket | false> {
  return new Promise((resolve) => void app.listen(host, port, EXCLUSIVE_PORT, resolve));
}

function createListener(app: TemplatedApp, host: string, bound: us_listen_socket): Listener {
  const port = uWS.us_socket_local_port(bound);
  let accepting: us_listen_socket | false = bound;
  const stopAccepting = () => {
    if (accepting) uWS.us_listen_socket_close(accepting);
    accepting = false;
  };
  return {
    port,
    stopAccepting,
    async acceptAgain() {
      accepting = await bind(app, host, port);
      return accepting !== false;
    },
    destroy() {
      stopAccepting();
      app.close();
    },
  };
}

function upgrade(
  endpoint: Endpoint,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const admission = endpoint.admit({
    upgrade: request.getHeader("upgrade"),
    socketVersion: request.getHeader("sec-websocket-version"),
    origin: request.getHeader("origin"),
    address: Buffer.from(response.getRemoteAddressAsText()).toString("latin1"),
    forwardedFor: forwardedFor(request),
    userAgent: request.getHeader("user-agent"),
    subprotocols: request.getHeader("sec-websocket-protocol"),
  });
  if (admission.kind === "refused") {
    respond(response, "get", admission.answer);
    return;
  }
  const { peer, version } = admission;
  response.upgrade<SocketData>(
    { peer, version, socket: undefined },
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

/** What uWebSockets keeps with each socket. */
interface SocketData extends Admitted {
  /** Undefined between the upgrade and `open`. */
  socket: UwsSocket | undefined;
}

/** The library's limits and callbacks for sockets. */
function socketBehavior({ server, clock }: SocketContext): WebSocketBehavior<SocketData> {
  const context: SocketContext = { server, clock };
  return {
    maxPayloadLength: limits.payloadBytesMax,
    maxBackpressure: limits.unsentBytesHard,
    idleTimeout: limits.idleTimeoutMs / 1000,
    sendPingsAutomatically: true,
    open(ws) {
      const data = ws.getUserData();
      data.socket = new UwsSocket(ws, context);
      data.socket.opened();
    },
    message: (ws, message, isBinary) => ws.getUserData().socket?.received(message, isBinary),
    ping: (ws) => ws.getUserData().socket?.onControl(),
    pong: (ws) => ws.getUserData().socket?.onControl(),
    drain: (ws) => ws.getUserData().socket?.onDrain(),
    close: (ws) => ws.getUserData().socket?.onClose(),
  };
}

/** What the library's `send` returns when it has dropped the frame, a hole in the stream. */
const DROPPED = 2;
/** The library keeps unsent bytes in a C++ string, which doubles as it grows. */
const BYTES_PER_UNSENT = 2;

/** One socket of uWebSockets. The library's methods throw once it has closed the socket, so only open ones are touched. */
class UwsSocket extends BaseSocket {
  readonly #ws: WebSocket<SocketData>;

  constructor(ws: WebSocket<SocketData>, context: SocketContext) {
    super(ws.getUserData(), context);
    this.#ws = ws;
  }

  get isFull(): boolean {
    return this.unsentBytes > 0 && this.#measure() > this.context.server.budgets.send.socketBytesMax;
  }

  send(frames: readonly Frame[]): number {
    if (this.state !== "open") return frames.length;
    const ws = this.#ws;
    let taken = 0;
    let result = 1;
    const { counters, budgets } = this.context.server;
    const { socketBytesMax } = budgets.send;
    // Added up from here on, since asking costs as much as sending: what the network takes meanwhile still counts.
    let unsentBytes = this.unsentBytes === 0 ? 0 : ws.getBufferedAmount();
    ws.cork(() => {
      for (const frame of frames) {
        if (result === DROPPED || unsentBytes > socketBytesMax) break;
        result = ws.send(frame);
        unsentBytes += frame.length;
        counters.bytesSent += frame.length;
        taken += 1;
      }
    });
    counters.framesSent += taken;
    if (result === DROPPED) throw new Error("uWebSockets dropped a frame");
    this.#measure();
    return taken;
  }

  drained(): Promise<void> {
    return this.#measure() === 0 ? Promise.resolve() : this.waiting.wait();
  }

  /** The library drops the connection of a socket that is ending by itself, and lets nobody do so sooner. */
  override cut(): void {
    if (this.state === "open") super.cut();
  }

  /** A ping or pong has come. The library answers a ping by itself after this, so that the pongs before it are counted here. */
  onControl(): void {
    this.#measure();
    this.countControlFrame();
  }

  onDrain(): void {
    if (this.#measure() === 0) this.waiting.wake(undefined);
  }

  /** Called by the library for every socket, and at once inside `end` and `close`: it may keep what is unsent for longer. */
  onClose(): void {
    const isUnsent = this.state === "ending" && this.unsentBytes > 0;
    this.lost();
    if (isUnsent) this.context.clock.after(limits.lingerMs, () => this.release());
    else this.release();
  }

  protected sendClose(goodbye: Goodbye): void {
    this.hold(BYTES_PER_UNSENT * this.#ws.getBufferedAmount());
    this.#ws.end(goodbye.code, goodbye.reason);
  }

  protected terminate(): void {
    this.#ws.close();
  }

  /** Bytes unsent now, counted; 0 where the socket is not open any more. */
  #measure(): number {
    if (this.state !== "open") return 0;
    this.hold(BYTES_PER_UNSENT * this.#ws.getBufferedAmount());
    return this.unsentBytes / BYTES_PER_UNSENT;
  }
}

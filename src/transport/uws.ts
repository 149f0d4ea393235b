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
import { type Admitted, Endpoint, type Listen, type Listener, SOCKET_PATH, turnedAway } from "./endpoint.ts";
import type { HttpAnswer } from "./http.ts";
import type { Leave, PendingConnections } from "./pending-connections.ts";
import { RequestHeaders } from "./request-headers.ts";
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
    /** Called for each TCP connection, with 1, and with -1 when it is closed while it is no WebSocket. */
    filter(connected: (response: HttpResponse, change: number) => void): TemplatedApp;
  }
}

/** Without this a second server on the same port starts without an error and takes half the connections. */
const EXCLUSIVE_PORT: LibraryListenOptions = 1;

/** Listens with uWebSockets. */
export const listenWithUws: Listen = async (options) => {
  const app = uWS.App();
  const endpoint = new Endpoint(options);
  const silent = new SilentConnections(options.pending);
  app.filter(silent.connected);
  app.ws<SocketData>(SOCKET_PATH, {
    ...socketBehavior(options),
    upgrade(response, request, context) {
      const address = addressOf(response);
      silent.asked(address);
      upgrade(endpoint, address, response, request, context);
    },
  });
  app.any("/*", (response, request) => {
    silent.asked(addressOf(response));
    const method = request.getMethod();
    respond(
      response,
      method,
      endpoint.answer({ method, path: request.getUrl(), headers: headersOf(request) }),
    );
  });
  const bound = await bind(app, options.host, options.port);
  if (!bound) return undefined;
  const listener = createListener(app, options.host, bound);
  endpoint.listens(listener.port);
  return listener;
};

/**
 * TCP connections that have asked for nothing yet. The library tells of each request, but not on which connection it came, so
 * that they are counted by address, none can be closed in favour of another, and the newcomer is turned away. The library cuts
 * off those that have sent no request for 10 s.
 */
class SilentConnections {
  readonly #pending: PendingConnections;
  /** One for each connection, by the address of the direct peer. */
  readonly #leaves = new Map<string, Leave[]>();

  constructor(pending: PendingConnections) {
    this.#pending = pending;
  }

  /** The library's filter: a TCP connection is open (1), or one that is no WebSocket is closed (-1). */
  readonly connected = (response: HttpResponse, change: number): void => {
    if (change < 0) return;
    const address = addressOf(response);
    const leave = this.#pending.tryAdd(address);
    if (leave === undefined) {
      turnAway(response);
      return;
    }
    const leaves = this.#leaves.get(address);
    if (leaves === undefined) this.#leaves.set(address, [leave]);
    else leaves.push(leave);
    response.onAborted(() => this.#left(address)); // until there is a request, which puts another in its place
  };

  /** A request has come from the address. */
  asked(address: string): void {
    this.#left(address);
  }

  #left(address: string): void {
    const leaves = this.#leaves.get(address);
    leaves?.pop()?.();
    if (leaves?.length === 0) this.#leaves.delete(address);
  }
}

/** Tells a peer that has asked for nothing yet, and closes its connection at once. */
function turnAway(response: HttpResponse): void {
  response.cork(() => {
    response.writeStatus(turnedAway.status);
    for (const [name, value] of turnedAway.headers) response.writeHeader(name, value);
    response.writeHeader("connection", "close");
    response.write(turnedAway.body);
  });
  response.close();
}

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
  address: string,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const headers = headersOf(request);
  const admission = endpoint.admit(headers, address);
  if (admission.kind === "refused") {
    respond(response, "get", admission.answer);
    return;
  }
  const { peer, version } = admission;
  response.upgrade<SocketData>(
    { peer, version, socket: undefined },
    headers.get("sec-websocket-key"),
    version === 2 ? SUBPROTOCOL : "", // version 1 has none
    headers.get("sec-websocket-extensions"),
    context,
  );
}

function headersOf(request: HttpRequest): RequestHeaders {
  const headers = new RequestHeaders();
  request.forEach((name, value) => void headers.add(name, value));
  return headers;
}

/** Of the direct peer. */
function addressOf(response: HttpResponse): string {
  return Buffer.from(response.getRemoteAddressAsText()).toString("latin1");
}

/** A connection has one request: one that is kept alive would keep others out. */
function respond(response: HttpResponse, method: string, { status, headers, body }: HttpAnswer): void {
  response.writeStatus(status);
  for (const [name, value] of headers) response.writeHeader(name, value);
  response.writeHeader("connection", "close");
  if (method === "head") {
    // For uWebSockets an answer without a body is not complete: it wants to know what to do when the client goes away.
    response.onAborted(() => {});
    response.endWithoutBody(body.length, true);
  } else response.end(body, true);
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

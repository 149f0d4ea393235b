import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { limits } from "../limits.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { SUBPROTOCOL } from "../protocol/v2.ts";
import type { Timer } from "../system/clock.ts";
import {
  type Admitted,
  Endpoint,
  type HttpRequestHead,
  type Listen,
  type Listener,
  SOCKET_PATH,
  turnedAway,
} from "./endpoint.ts";
import { answerOn, httpTimeouts, pathOf, respond, turnAway } from "./http.ts";
import type { Leave, PendingConnections } from "./pending-connections.ts";
import { RequestHeaders } from "./request-headers.ts";
import { BaseSocket, type Frame, type SocketContext } from "./socket.ts";

/** Listens with Node's own HTTP server and the library `ws`. */
export const listenWithWs: Listen = async (options) => {
  const endpoint = new Endpoint(options);
  const sockets = new WsSockets(options, (request, stream) =>
    answerOn(stream, request, endpoint.answer(headOf(request))),
  );
  const http = createServer(httpTimeouts, (request, response) => {
    respond(response, endpoint.answer(headOf(request)));
  });
  http.maxRequestsPerSocket = 1; // the answer says so: a connection that is kept alive would keep others out
  const leaves = countPending(http, options.pending);
  http.setTimeout(limits.httpTimeoutMs); // for reading an answer; `ws` takes it off its sockets
  http.on("upgrade", (request, stream, head) => {
    leaves.get(request.socket)?.();
    upgrade(endpoint, sockets, { request, stream, head });
  });
  http.on("error", () => {}); // of one connection that could not be accepted, or else `bind` tells
  if (!(await bind(http, options.host, options.port))) return undefined;
  const listener = createListener(http, options.host, sockets);
  endpoint.listens(listener.port);
  return listener;
};

/** Counts the connections whose request has not come whole; what is returned says that one's has. */
function countPending(http: Server, pending: PendingConnections): WeakMap<Socket, Leave> {
  const leaves = new WeakMap<Socket, Leave>();
  http.on("connection", (socket: Socket) => {
    const leave = pending.add(socket.remoteAddress ?? "", () => turnAway(socket, turnedAway));
    leaves.set(socket, leave);
    socket.on("close", leave);
  });
  return leaves;
}

function bind(http: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = () => resolve(false);
    http.once("error", failed);
    http.listen({ host, port, exclusive: true }, () => {
      http.off("error", failed);
      resolve(true);
    });
  });
}

function createListener(http: Server, host: string, sockets: WsSockets): Listener {
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP port");
  const { port } = address;
  return {
    port,
    stopAccepting: () => void http.close(),
    acceptAgain: () => bind(http, host, port),
    destroy() {
      http.close();
      http.closeAllConnections();
      sockets.destroy();
    },
  };
}

/** A request for another protocol, with its connection, as Node hands it over. */
interface Handover {
  request: IncomingMessage;
  stream: Duplex;
  /** What has come after the request already. */
  head: Buffer;
}

/** Node hands over every request for another protocol: only a WebSocket at its path gets one. */
function upgrade(endpoint: Endpoint, sockets: WsSockets, handover: Handover): void {
  const { request, stream } = handover;
  const asked = headOf(request);
  if (asked.path !== SOCKET_PATH) {
    answerOn(stream, request, endpoint.answer(asked));
    return;
  }
  const admission = endpoint.admit(asked.headers, request.socket.remoteAddress ?? "");
  if (admission.kind === "admitted") sockets.open(handover, admission);
  else answerOn(stream, request, admission.answer);
}

function headOf(request: IncomingMessage): HttpRequestHead {
  const headers = new RequestHeaders();
  const { rawHeaders } = request; // names and values in turn: Node's own `headers` drop what came twice
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.add(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return { method: request.method ?? "", path: pathOf(request), headers };
}

/** How often `WsSocket.beat` is called. */
const BEAT_EVERY_MS = limits.idleTimeoutMs / 4;
/** A peer that has been silent for so many beats is pinged at each; one that is silent for the whole idle timeout is gone. */
const BEATS_TO_PING = 2;
const BEATS_TO_GO = 4;

/** Opens WebSockets with the library `ws`, and keeps those that are open for their heartbeat. */
class WsSockets {
  readonly #context: SocketContext;
  readonly #library = new WebSocketServer({
    noServer: true,
    maxPayload: limits.payloadBytesMax,
    autoPong: false, // each is counted
    handleProtocols: (asked) => asked.has(SUBPROTOCOL) && SUBPROTOCOL, // version 1 has none
  });
  readonly #open = new Set<WsSocket>();
  #nextBeat: Timer;

  /** @param refuse answers a request that is no WebSocket's. */
  constructor({ server, clock }: SocketContext, refuse: (request: IncomingMessage, stream: Duplex) => void) {
    this.#context = { server, clock };
    this.#library.on("wsClientError", (_, stream, request) => refuse(request, stream));
    this.#nextBeat = this.#beatLater();
  }

  open({ request, stream, head }: Handover, admitted: Admitted): void {
    this.#library.handleUpgrade(request, stream, head, (ws) => this.#opened(ws, stream, admitted));
  }

  /** Closes all at once. */
  destroy(): void {
    this.#nextBeat.cancel();
    for (const ws of this.#library.clients) ws.terminate();
  }

  #opened(ws: WebSocket, stream: Duplex, admitted: Admitted): void {
    const socket = new WsSocket(ws, stream, admitted, this.#context);
    socket.opened();
    const lost = () => {
      this.#open.delete(socket);
      socket.lost();
    };
    this.#open.add(socket);
    ws.on("message", (data, isBinary) => socket.onMessage(bytesOf(data), isBinary));
    ws.on("ping", (data) => socket.onPing(data));
    ws.on("pong", (data) => socket.onControl(data.length));
    ws.on("error", lost); // the peer broke the protocol; `ws` closes the socket with the code for that
    ws.on("close", lost);
    stream.on("close", () => socket.release());
  }

  #beatLater(): Timer {
    return this.#context.clock.after(BEAT_EVERY_MS, () => {
      for (const socket of this.#open) socket.beat();
      this.#nextBeat = this.#beatLater();
    });
  }
}

/** One Buffer, as `ws` is used here; its types allow more. */
function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** What an unsent frame holds beside its bytes: the stream's requests to write its header and its payload; estimated. */
const FRAME_BYTES = 640;
/** The least that comes before the payload of a client's frame: its header and the mask. */
const HEADER_BYTES = 6;
/** How long a client that is not read any more has to take the close frame. */
const GOODBYE_MS = 1000;

/** One socket of the library `ws`, with the TCP stream below it. */
class WsSocket extends BaseSocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  /** Whether what is sent is held back until the event loop's turn ends, to leave in one write. */
  #isCorked = false;
  /** Frames that the stream has not handed to the system yet. */
  #unsentFrames = 0;
  /** Bytes of a message that has not come whole, as far as they are counted as received. */
  #partialBytes = 0;
  /** Bytes that came last. */
  #chunkBytes = 0;
  /** Beats since the peer was last heard of. */
  #silentBeats = 0;

  constructor(ws: WebSocket, stream: Duplex, admitted: Admitted, context: SocketContext) {
    super(admitted, context);
    this.#ws = ws;
    this.#stream = stream;
    // Before the library, which says in its own listener what has come whole with this.
    stream.prependListener("data", (bytes: Buffer) => this.#onData(bytes.length));
  }

  get isFull(): boolean {
    const { socketBytesMax } = this.context.server.budgets.send;
    if (this.#stream.writableLength > socketBytesMax) this.#flush(); // the system may take it all
    return this.#stream.writableLength > socketBytesMax;
  }

  send(frames: readonly Frame[]): number {
    if (this.state !== "open") return frames.length;
    const { counters } = this.context.server;
    let taken = 0;
    for (const frame of frames) {
      if (this.isFull) break;
      this.#cork();
      this.#unsentFrames += 1;
      this.#ws.send(frame, { binary: false }, this.#onSent);
      counters.bytesSent += frame.length;
      taken += 1;
    }
    counters.framesSent += taken;
    this.#measure();
    return taken;
  }

  override get heldBytes(): number {
    return super.heldBytes + this.#partialBytes;
  }

  drained(): Promise<void> {
    return this.state === "open" && this.#unsentFrames > 0 ? this.waiting.wait() : Promise.resolve();
  }

  override release(how: "gone" | "cut" = "gone"): void {
    super.release(how);
    this.#countPartial(0);
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    // The message was counted as it came: of the last chunk, only what is behind the message is still of one that is not whole.
    this.#countPartial(Math.min(this.#partialBytes, this.#chunkBytes) - bytes.length - HEADER_BYTES);
    this.received(bytes, isBinary);
  }

  /** A ping or pong has come, maybe between the frames of a message. */
  onControl(bytes: number): void {
    this.#countPartial(this.#partialBytes - bytes - HEADER_BYTES);
    this.countControlFrame();
  }

  onPing(data: Buffer): void {
    this.onControl(data.length);
    if (this.state !== "open") return;
    this.#unsentFrames += 1;
    this.#ws.pong(data, false, this.#onSent);
    this.#measure();
  }

  /** Pings a peer that is silent, and drops one that has been for the idle timeout. */
  beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats >= BEATS_TO_GO) this.#ws.terminate();
    else if (this.#silentBeats >= BEATS_TO_PING && this.state === "open") {
      this.#unsentFrames += 1;
      this.#ws.ping("", false, this.#onSent);
      this.#measure();
    }
  }

  protected sendClose(goodbye: Goodbye): void {
    this.#ws.close(goodbye.code, goodbye.reason);
    this.#flush(); // at once: the process may end in this turn
  }

  protected terminate(): void {
    this.#ws.terminate();
  }

  readonly #onSent = (): void => {
    this.#unsentFrames = Math.max(0, this.#unsentFrames - 1);
    this.#measure();
    if (this.#unsentFrames > 0 || this.waiting.length === 0) return;
    this.#silentBeats = 0; // a slow reader took it all, though its pong is still behind that
    this.waiting.wake(undefined);
  };

  /**
   * Back-pressure on messages that are under way: where the server has no room for the rest of one, its client is sent away,
   * and is not read any more, since the library would go on collecting what it sends until it has answered the close frame.
   */
  #onData(bytes: number): void {
    const { received } = this.context.server.budgets;
    this.#silentBeats = 0;
    this.#chunkBytes = bytes;
    if (!received.allows(received.costOf(0, this.#partialBytes), 0, bytes) && this.end(goodbyes.serverFull)) {
      this.#stream.pause();
      this.context.clock.after(GOODBYE_MS, () => this.#ws.terminate());
    }
    this.#countPartial(this.#partialBytes + bytes);
  }

  #countPartial(bytes: number): void {
    const partialBytes = this.state === "gone" ? 0 : Math.max(0, bytes);
    this.context.server.budgets.received.add(0, partialBytes - this.#partialBytes);
    this.#partialBytes = partialBytes;
  }

  #measure(): void {
    this.hold(this.#stream.writableLength + FRAME_BYTES * this.#unsentFrames);
  }

  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    this.context.clock.turn(() => this.#flush());
  }

  #flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }
}

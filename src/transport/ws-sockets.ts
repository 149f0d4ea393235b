import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import { SUBPROTOCOL } from "../protocol/v2.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Admitted } from "./endpoint.ts";
import { receive } from "./open-socket.ts";
import type { Door } from "./socket.ts";
import { beatEveryMs, WsSocket } from "./ws-socket.ts";

/** A request for another protocol, with its connection, as Node hands it over. */
export interface Handover {
  request: IncomingMessage;
  stream: Duplex;
  /** What has come after the request already. */
  head: Buffer;
}

interface Options {
  door: Door;
  clock: Clock;
  /** Answers a request that is no WebSocket's. */
  refuse: (request: IncomingMessage, stream: Duplex) => void;
}

/** Opens WebSockets with the library `ws`, and keeps those that are open; its callbacks only enqueue. */
export class WsSockets {
  readonly #door: Door;
  readonly #clock: Clock;
  readonly #library = new WebSocketServer({
    noServer: true,
    maxPayload: limits.payloadBytesMax,
    handleProtocols: (asked) => asked.has(SUBPROTOCOL) && SUBPROTOCOL, // version 1 has none
  });
  readonly #open = new Set<WsSocket>();
  #nextBeat: Timer;

  constructor({ door, clock, refuse }: Options) {
    this.#door = door;
    this.#clock = clock;
    this.#library.on("wsClientError", (_, stream, request) => refuse(request, stream));
    this.#nextBeat = this.#beatLater();
  }

  open({ request, stream, head }: Handover, admitted: Admitted): void {
    this.#library.handleUpgrade(request, stream, head, (ws) => this.#link(ws, stream, admitted));
  }

  /** Closes all at once. */
  destroy(): void {
    this.#nextBeat.cancel();
    for (const ws of this.#library.clients) ws.terminate();
  }

  /** Joins a socket that has opened to its inbox. */
  #link(ws: WebSocket, stream: Duplex, admitted: Admitted): void {
    const socket = new WsSocket(ws, stream, admitted, this.#door, this.#clock);
    const inbox: Channel<string> = this.#door.open(socket);
    const gone = () => {
      this.#open.delete(socket);
      socket.onGone();
      inbox.close();
    };
    this.#open.add(socket);
    ws.on("message", (data, isBinary) => {
      const bytes = bytesOf(data);
      socket.onMessage(bytes.length);
      if (socket.isOpen) receive(socket, inbox, bytes, isBinary);
    });
    ws.on("ping", (data) => socket.onControl(data.length));
    ws.on("pong", (data) => socket.onControl(data.length));
    ws.on("error", gone); // the peer broke the protocol; `ws` closes the socket with the code for that
    ws.on("close", gone);
    stream.on("close", () => socket.onDestroyed());
  }

  #beatLater(): Timer {
    return this.#clock.after(beatEveryMs, () => {
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

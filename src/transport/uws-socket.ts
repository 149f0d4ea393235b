import type { WebSocket, WebSocketBehavior } from "uWebSockets.js";
import type { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Admitted } from "./entrance.ts";
import { receive, Waiting } from "./open-socket.ts";
import type { Peer } from "./peer.ts";
import type { Door, Frame, Socket, Version } from "./socket.ts";

/** What uWebSockets keeps for us with each socket: who it is, and from `open` on where its frames go. */
export interface SocketData extends Admitted {
  link: { socket: UwsSocket; inbox: Channel<string> } | undefined;
}

/** How uWebSockets treats sockets; its callbacks only enqueue. */
export function socketBehavior(door: Door): WebSocketBehavior<SocketData> {
  return {
    maxPayloadLength: limits.payloadBytesMax,
    maxBackpressure: limits.unsentBytesHard,
    idleTimeout: limits.idleTimeoutMs / 1000,
    sendPingsAutomatically: true,
    open(ws) {
      const data = ws.getUserData(); // a socket that the door refuses is closed when `open` returns
      const socket = new UwsSocket(ws);
      data.link = { socket, inbox: door.open(socket) };
    },
    message(ws, message, isBinary) {
      const { link } = ws.getUserData();
      if (link) receive(link.socket, link.inbox, message, isBinary);
    },
    drain(ws) {
      ws.getUserData().link?.socket.onDrain();
    },
    close(ws) {
      const { link } = ws.getUserData();
      link?.socket.onGone();
      link?.inbox.close();
    },
  };
}

/** What `send` of a uWebSocket returns when it has dropped the frame, a hole in the stream. */
const DROPPED = 2;

class UwsSocket implements Socket {
  readonly peer: Peer;
  readonly version: Version;
  /** `undefined` once the socket is gone: every method of a closed uWebSocket throws. */
  #ws: WebSocket<SocketData> | undefined;
  readonly #waiting = new Waiting();

  constructor(ws: WebSocket<SocketData>) {
    this.#ws = ws;
    const { peer, version } = ws.getUserData();
    this.peer = peer;
    this.version = version;
  }

  send(frames: readonly Frame[]): number {
    const ws = this.#ws;
    if (!ws) return frames.length;
    let taken = 0;
    let sent = 1;
    // Counted from here on, for asking costs as much as sending: what leaves meanwhile still counts.
    let unsentBytes = ws.getBufferedAmount();
    ws.cork(() => {
      for (const frame of frames) {
        if (sent === DROPPED || unsentBytes > limits.unsentBytesSoft) break;
        sent = ws.send(frame);
        unsentBytes += frame.length;
        taken += 1;
      }
    });
    if (sent === DROPPED) throw new Error("uWebSockets dropped a frame");
    return taken;
  }

  drained(): Promise<void> {
    if (!this.#ws || this.#ws.getBufferedAmount() === 0) return Promise.resolve();
    return this.#waiting.wait();
  }

  end(goodbye: Goodbye): boolean {
    const ws = this.#ws;
    if (!ws) return false;
    this.#ws = undefined; // before `end`, which calls the close handler at once
    ws.end(goodbye.code, goodbye.reason);
    return true;
  }

  onDrain(): void {
    if (this.#ws?.getBufferedAmount() === 0) this.#waiting.wake();
  }

  onGone(): void {
    this.#ws = undefined;
    this.#waiting.wake();
  }
}

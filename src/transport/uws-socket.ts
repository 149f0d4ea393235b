import type { WebSocket, WebSocketBehavior } from "uWebSockets.js";
import { WaitList } from "../actor/wait-list.ts";
import type { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { BudgetedSocket, SendBudget } from "../memory/send-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Goodbye } from "../protocol/close.ts";
import type { Clock } from "../system/clock.ts";
import type { Admitted } from "./endpoint.ts";
import { receive } from "./open-socket.ts";
import type { Peer } from "./peer.ts";
import type { Door, Frame, Socket, Version } from "./socket.ts";

/** What uWebSockets keeps for us with each socket: who it is, and from `open` on where its frames go. */
export interface SocketData extends Admitted {
  link: { socket: UwsSocket; inbox: Channel<string> } | undefined;
}

/** What all sockets share. */
interface Shared {
  sendBudget: SendBudget;
  counters: Counters;
  clock: Clock;
}

/** How uWebSockets treats sockets; its callbacks only enqueue. */
export function socketBehavior({ door, clock }: { door: Door; clock: Clock }): WebSocketBehavior<SocketData> {
  const shared: Shared = { sendBudget: door.budgets.send, counters: door.counters, clock };
  return {
    maxPayloadLength: limits.payloadBytesMax,
    maxBackpressure: limits.unsentBytesHard,
    idleTimeout: limits.idleTimeoutMs / 1000,
    sendPingsAutomatically: true,
    open(ws) {
      const data = ws.getUserData(); // a socket that the door refuses is closed when `open` returns
      const socket = new UwsSocket(ws, shared);
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
/** What is unsent is a string of C++, which doubles as it grows. */
const BYTES_PER_UNSENT = 2;

class UwsSocket implements Socket, BudgetedSocket {
  readonly peer: Peer;
  readonly version: Version;
  readonly #shared: Shared;
  /** `undefined` once the socket is gone: every method of a closed uWebSocket throws. */
  #ws: WebSocket<SocketData> | undefined;
  readonly #waiting = new WaitList();
  /** Bytes unsent when they were looked at last, and none came since. */
  #unsentBytes = 0;

  constructor(ws: WebSocket<SocketData>, shared: Shared) {
    this.#ws = ws;
    this.#shared = shared;
    const { peer, version } = ws.getUserData();
    this.peer = peer;
    this.version = version;
  }

  get unsentBytes(): number {
    return BYTES_PER_UNSENT * this.#unsentBytes;
  }

  get isFull(): boolean {
    return this.#unsentBytes > 0 && this.#look() > this.#shared.sendBudget.socketBytesMax;
  }

  send(frames: readonly Frame[]): number {
    const ws = this.#ws;
    if (!ws) return frames.length;
    let taken = 0;
    let sent = 1;
    const { counters, sendBudget } = this.#shared;
    const { socketBytesMax } = sendBudget;
    // Counted from here on, for asking costs as much as sending: what leaves meanwhile still counts.
    let unsentBytes = this.#unsentBytes === 0 ? 0 : ws.getBufferedAmount();
    ws.cork(() => {
      for (const frame of frames) {
        if (sent === DROPPED || unsentBytes > socketBytesMax) break;
        sent = ws.send(frame);
        unsentBytes += frame.length;
        counters.bytesSent += frame.length;
        taken += 1;
      }
    });
    counters.framesSent += taken;
    if (sent === DROPPED) throw new Error("uWebSockets dropped a frame");
    this.#look();
    return taken;
  }

  drained(): Promise<void> {
    return this.#look() === 0 ? Promise.resolve() : this.#waiting.wait();
  }

  end(goodbye: Goodbye): boolean {
    const ws = this.#ws;
    if (!ws) return false;
    this.#look();
    this.#shared.counters.closed.add(goodbye.code);
    this.#ws = undefined; // before `end`, which calls the close handler at once
    ws.end(goodbye.code, goodbye.reason);
    return true;
  }

  /** What is ending cannot be cut any more. */
  cut(): void {
    const ws = this.#ws;
    if (!ws) return;
    this.#shared.counters.closed.add("cut");
    this.#ws = undefined;
    this.#holds(0);
    ws.close();
  }

  onDrain(): void {
    if (this.#look() === 0) this.#waiting.wake(undefined);
  }

  /** What is unsent of a goodbye's is still held until its reader takes it, or is given up. */
  onGone(): void {
    const isEnding = this.#ws === undefined && this.#unsentBytes > 0;
    if (this.#ws) this.#shared.counters.closed.add("gone");
    this.#ws = undefined;
    if (isEnding) this.#shared.clock.after(limits.lingerMs, () => this.#holds(0));
    else this.#holds(0);
    this.#waiting.wake(undefined);
  }

  /** Looks at how much is unsent. */
  #look(): number {
    if (!this.#ws) return 0;
    this.#holds(this.#ws.getBufferedAmount());
    return this.#unsentBytes;
  }

  #holds(unsentBytes: number): void {
    const before = this.unsentBytes;
    this.#unsentBytes = unsentBytes;
    this.#shared.sendBudget.changed(this, before);
  }
}

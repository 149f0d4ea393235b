import { WaitList } from "../../src/actor/wait-list.ts";
import type { Channel } from "../../src/channel/channel.ts";
import { limits } from "../../src/limits.ts";
import type { Goodbye } from "../../src/protocol/close.ts";
import type { Timer } from "../../src/system/clock.ts";
import type { Peer } from "../../src/transport/peer.ts";
import type { Frame, Socket, Version } from "../../src/transport/socket.ts";
import { receive } from "../../src/transport/socket.ts";
import type { VirtualTime } from "./time.ts";

/** Whoever is at the other end of a socket. */
export interface Ear {
  heard(frame: Frame): void;
  /** The connection has ended: with the server's code, or 1006. */
  closed(code: number): void;
}

/** Who sees what the server says, at the moment it says it, and what it is asked, when that arrives. */
export interface Observer {
  said(link: Link, frame: Frame): void;
  asked(link: Link, frame: string): void;
}

/** What a connection is like. */
export interface Line {
  readonly peer: Peer;
  readonly version: Version;
  readonly latencyMs: number;
  /** Unsent bytes over which the socket takes no more. */
  readonly windowBytes: number;
}

type Parcel = { kind: "frame"; frame: Frame } | { kind: "close"; code: number };

/**
 * A connection, as the server's socket at one end and a client at the other, with a network in between that keeps the order,
 * takes its time, stalls, and loses the end of what was sent.
 */
export class Link implements Socket {
  readonly peer: Peer;
  readonly version: Version;
  readonly openedMs: number;
  /** How the server closed it. */
  goodbye: Goodbye | undefined;
  /** Since when the client takes what comes, in served ms; undefined while it does not, or is gone. */
  healthySinceMs: number | undefined;
  /** Whether the server has the socket open. */
  isOpen = true;
  unsentBytes = 0;
  readonly #time: VirtualTime;
  readonly #line: Line;
  readonly #ear: Ear;
  readonly #observer: Observer;
  readonly #waiting = new WaitList();
  #inbox: Channel<string> | undefined;
  /** What the server said and the network has not taken. */
  readonly #unsent: Parcel[] = [];
  /** What is on its way to the client. */
  readonly #down: Parcel[] = [];
  /** What is on its way to the server. */
  readonly #up: { bytes: Buffer; isBinary: boolean }[] = [];
  #isClientThere = true;
  #isLeaving = false;
  #idle: Timer | undefined;

  constructor(time: VirtualTime, line: Line, ear: Ear, observer: Observer) {
    this.#time = time;
    this.#line = line;
    this.#ear = ear;
    this.#observer = observer;
    this.peer = line.peer;
    this.version = line.version;
    this.openedMs = time.elapsedMs;
    this.healthySinceMs = time.servedMs;
  }

  get inbox(): Channel<string> | undefined {
    return this.#inbox;
  }

  /** Whether the client is still at its end. */
  get isClientThere(): boolean {
    return this.#isClientThere;
  }

  attach(inbox: Channel<string>): void {
    this.#inbox = inbox;
    if (!this.isOpen) inbox.close();
  }

  // The server's end.

  get isFull(): boolean {
    return this.isOpen && this.unsentBytes > this.#line.windowBytes;
  }

  send(frames: readonly Frame[]): number {
    if (!this.isOpen) return frames.length;
    let taken = 0;
    for (const frame of frames) {
      if (this.unsentBytes > this.#line.windowBytes) break;
      this.unsentBytes += frame.length;
      this.#unsent.push({ kind: "frame", frame });
      this.#tell(frame);
      taken += 1;
    }
    this.#leave();
    return taken;
  }

  drained(): Promise<void> {
    return this.isOpen && this.#unsent.length > 0 ? this.#waiting.wait() : Promise.resolve();
  }

  end(goodbye: Goodbye): boolean {
    if (!this.isOpen) return false;
    this.goodbye = goodbye;
    this.#unsent.push({ kind: "close", code: goodbye.code });
    this.#gone();
    this.#leave();
    return true;
  }

  // The client's end.

  say(payload: string | Buffer): void {
    if (!this.#isClientThere) return;
    this.#up.push({ bytes: Buffer.from(payload), isBinary: typeof payload !== "string" });
    this.#time.after(this.#line.latencyMs, "frame arrives at the server", () => this.#arriveAtServer());
  }

  /** The client reads no more, for now. A peer that is silent for the idle timeout is given up. */
  stall(): void {
    this.healthySinceMs = undefined;
    this.#idle ??= this.#time.after(limits.idleTimeoutMs, "idle timeout", () => this.#giveUp());
  }

  goOn(): void {
    if (!this.#isClientThere || this.healthySinceMs !== undefined) return;
    this.healthySinceMs = this.#time.servedMs;
    this.#idle?.cancel();
    this.#idle = undefined;
    this.#leave();
  }

  /**
   * The client is gone.
   * @param arrives how much of what it sent still arrives; the frame after that is cut in the middle.
   */
  vanish(how: "reset" | "silent", arrives: number): void {
    if (!this.#isClientThere) return;
    this.#isClientThere = false;
    this.#up.splice(arrives);
    this.#down.splice(0);
    this.stall();
    if (how === "reset") this.#time.soon("reset", () => this.#giveUp());
  }

  /** The server lets go of it without a word, or its process is gone. What is on its way still arrives. */
  cut(): void {
    if (!this.isOpen) return;
    this.#gone();
    this.#up.splice(0);
    this.#unsent.splice(0);
    this.#hangUp();
  }

  /** The transport has noticed that the client is gone, or given it up. */
  #giveUp(): void {
    this.#idle?.cancel();
    this.#idle = undefined;
    this.#unsent.splice(0);
    this.#gone();
    this.#hangUp();
  }

  #tell(frame: Frame): void {
    try {
      this.#observer.said(this, frame);
    } catch (error) {
      this.#time.fail(error);
    }
  }

  #gone(): void {
    this.isOpen = false;
    this.#waiting.wake(undefined);
    this.#inbox?.close();
  }

  #hangUp(): void {
    if (!this.#isClientThere) return;
    this.#down.push({ kind: "close", code: 1006 });
    this.#time.after(this.#line.latencyMs, "connection is lost", () => this.#arriveAtClient());
  }

  #leave(): void {
    if (this.#isLeaving || this.healthySinceMs === undefined || this.#unsent.length === 0) return;
    this.#isLeaving = true;
    this.#time.soon("frames leave", () => {
      this.#isLeaving = false;
      if (this.healthySinceMs === undefined) return;
      for (const parcel of this.#unsent.splice(0)) {
        this.#down.push(parcel);
        this.#time.after(this.#line.latencyMs, "frame arrives at a client", () => this.#arriveAtClient());
      }
      this.unsentBytes = 0;
      this.#waiting.wake(undefined);
    });
  }

  /** In order, whichever of the arrivals comes first. */
  #arriveAtClient(): void {
    const parcel = this.#isClientThere ? this.#down.shift() : undefined;
    if (parcel === undefined) return;
    if (parcel.kind === "frame") {
      this.#ear.heard(parcel.frame);
      return;
    }
    this.#isClientThere = false;
    this.healthySinceMs = undefined;
    this.#idle?.cancel();
    this.#ear.closed(parcel.code);
  }

  #arriveAtServer(): void {
    const frame = this.#up.shift();
    if (frame === undefined || !this.isOpen || this.#inbox === undefined) return;
    if (!frame.isBinary) this.#observer.asked(this, frame.bytes.toString());
    receive(this, this.#inbox, frame.bytes, frame.isBinary);
  }
}

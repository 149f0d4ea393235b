import { WaitList } from "../../src/actor/wait-list.ts";
import type { Channel } from "../../src/channel/channel.ts";
import { limits } from "../../src/limits.ts";
import type { Goodbye } from "../../src/protocol/close.ts";
import type { Timer } from "../../src/system/clock.ts";
import type { Peer } from "../../src/transport/peer.ts";
import type { Frame, Socket, Version } from "../../src/transport/socket.ts";
import { receive } from "../../src/transport/socket.ts";
import type { VirtualTime } from "./time.ts";

/** The client's end of a link. */
export interface LinkListener {
  heard(frame: Frame): void;
  /** The connection has ended: with the server's code, or 1006. */
  closed(code: number): void;
}

/** Who sees what the server says, at the moment it says it, and what it is asked, when that arrives. */
export interface LinkObserver {
  said(link: Link, frame: Frame): void;
  asked(link: Link, frame: string): void;
  /** The server's end is closed: `link.goodbye` says how, if the server did it. */
  closed(link: Link): void;
}

/** What a connection is like. */
export interface LinkConditions {
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
  /** When the server's end was closed, in served ms, and how many frames waited to be handled then; undefined while it is open. */
  closed: { readonly atMs: number; readonly framesWaiting: number } | undefined;
  unsentBytes = 0;
  readonly #time: VirtualTime;
  readonly #conditions: LinkConditions;
  readonly #listener: LinkListener;
  readonly #observer: LinkObserver;
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

  constructor(time: VirtualTime, conditions: LinkConditions, listener: LinkListener, observer: LinkObserver) {
    this.#time = time;
    this.#conditions = conditions;
    this.#listener = listener;
    this.#observer = observer;
    this.peer = conditions.peer;
    this.version = conditions.version;
    this.openedMs = time.elapsedMs;
    this.healthySinceMs = time.servedMs;
  }

  /** Whether the server has the socket open. */
  get isOpen(): boolean {
    return this.closed === undefined;
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

  get heldBytes(): number {
    return this.unsentBytes;
  }

  get isFull(): boolean {
    return this.isOpen && this.unsentBytes > this.#conditions.windowBytes;
  }

  send(frames: readonly Frame[]): number {
    if (!this.isOpen) return frames.length;
    let taken = 0;
    for (const frame of frames) {
      if (this.unsentBytes > this.#conditions.windowBytes) break;
      this.unsentBytes += frame.length;
      this.#unsent.push({ kind: "frame", frame });
      this.#tell(() => this.#observer.said(this, frame));
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
    this.#time.after(this.#conditions.latencyMs, "frame arrives at the server", () => this.#arriveAtServer());
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

  #tell(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#time.fail(error);
    }
  }

  #gone(): void {
    const wasOpen = this.isOpen;
    this.closed ??= { atMs: this.#time.servedMs, framesWaiting: this.#inbox?.length ?? 0 };
    if (wasOpen) this.#tell(() => this.#observer.closed(this));
    this.#waiting.wake(undefined);
    this.#inbox?.close();
  }

  #hangUp(): void {
    if (!this.#isClientThere) return;
    this.#down.push({ kind: "close", code: 1006 });
    this.#time.after(this.#conditions.latencyMs, "connection is lost", () => this.#arriveAtClient());
  }

  #leave(): void {
    if (this.#isLeaving || this.healthySinceMs === undefined || this.#unsent.length === 0) return;
    this.#isLeaving = true;
    this.#time.soon("frames leave", () => {
      this.#isLeaving = false;
      if (this.healthySinceMs === undefined) return;
      for (const parcel of this.#unsent.splice(0)) {
        this.#down.push(parcel);
        this.#time.after(this.#conditions.latencyMs, "frame arrives at a client", () =>
          this.#arriveAtClient(),
        );
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
      this.#listener.heard(parcel.frame);
      return;
    }
    this.#isClientThere = false;
    this.healthySinceMs = undefined;
    this.#idle?.cancel();
    this.#listener.closed(parcel.code);
  }

  #arriveAtServer(): void {
    const frame = this.#up.shift();
    if (frame === undefined || !this.isOpen || this.#inbox === undefined) return;
    if (!frame.isBinary) this.#observer.asked(this, frame.bytes.toString());
    receive(this, this.#inbox, frame.bytes, frame.isBinary);
  }
}

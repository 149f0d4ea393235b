import type { Logger } from "pino";
import type { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import type { Settings } from "../settings/settings.ts";
import type { Clock } from "../system/clock.ts";
import { isLoopback } from "../system/network.ts";
import { TokenBucket } from "../system/token-bucket.ts";
import type { Peer } from "../transport/peer.ts";
import type { Socket } from "../transport/socket.ts";
import type { Connection } from "./connection.ts";

/** What belongs to a connection. */
interface Belongings {
  readonly life: Promise<void>;
  readonly socket: Socket;
  readonly inbox: Channel<string>;
}

/**
 * The connections whose life has not ended, and who of them makes room: for newcomers where the server is full, and where
 * memory runs out. Those who are logged in are never sent away for those who are not.
 */
export class Connections {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #warnings: TokenBucket;
  /** The oldest first. */
  readonly #all = new Map<Connection, Belongings>();
  /** Those that have not logged in, the oldest first. */
  readonly #strangers = new Set<Connection>();
  /** How many may not have logged in. */
  readonly #strangersMax: number;
  /** How many there are by version of the protocol … */
  readonly #perVersion = { 1: 0, 2: 0 };
  /** … and by network address, without those that have none. */
  readonly #perPeer = new Map<string, number>();

  constructor(settings: Settings, clock: Clock, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#warnings = new TokenBucket({ perSecond: 1000 / limits.peerWarningMs, burst: 1 }, clock);
    this.#strangersMax = Math.ceil(limits.strangersPart * settings.connectionsMax);
  }

  get size(): number {
    return this.#all.size;
  }

  get perVersion(): { readonly 1: number; readonly 2: number } {
    return this.#perVersion;
  }

  [Symbol.iterator](): Iterator<[Connection, Belongings]> {
    return this.#all.entries();
  }

  /**
   * Why a newcomer is not let in. Where all places are taken, or all of those who have not logged in, the oldest that has not
   * makes room, so that somebody with a session gets in for as long as not everybody is logged in.
   */
  refusal({ peer }: Socket): Goodbye | undefined {
    if (this.#isPeerFull(peer)) return goodbyes.addressFull;
    const isFull = this.#all.size >= this.#settings.connectionsMax;
    if (!isFull && this.#strangers.size < this.#strangersMax) return undefined;
    const [oldest] = this.#strangers;
    if (oldest === undefined) return goodbyes.serverFull;
    this.#strangers.delete(oldest);
    oldest.makeRoom();
    return undefined;
  }

  add(connection: Connection, belongings: Belongings): void {
    const { version, peer } = belongings.socket;
    this.#all.set(connection, belongings);
    this.#strangers.add(connection);
    this.#perVersion[version] += 1;
    this.#perPeer.set(peer.key, (this.#perPeer.get(peer.key) ?? 0) + 1);
  }

  /** It is logged in. */
  entered(connection: Connection): void {
    this.#strangers.delete(connection);
  }

  remove(connection: Connection): void {
    const belongings = this.#all.get(connection);
    if (belongings === undefined) return;
    const { version, peer } = belongings.socket;
    this.#all.delete(connection);
    this.#strangers.delete(connection);
    this.#perVersion[version] -= 1;
    const others = (this.#perPeer.get(peer.key) ?? 0) - 1;
    if (others > 0) this.#perPeer.set(peer.key, others);
    else this.#perPeer.delete(peer.key);
  }

  /**
   * Cuts off an eighth, for memory runs out, and a goodbye would keep what they hold: those that hold most; of those that hold
   * no more than a reader at its usual pace does, the ones that have not logged in, and of these the youngest.
   */
  relieve(): void {
    const ranked = [...this.#all].reverse().map(([connection, { socket, inbox }]) => ({
      socket,
      backlogs: Math.floor((socket.heldBytes + inbox.bytesBuffered) / limits.unsentBytesSoft),
      isStranger: Number(this.#strangers.has(connection)),
    }));
    ranked.sort((one, other) => other.backlogs - one.backlogs || other.isStranger - one.isStranger);
    const cut = ranked.slice(0, Math.ceil(ranked.length / 8));
    const clients = cut.length;
    const strangers = cut.filter(({ isStranger }) => isStranger === 1).length;
    this.#logger.warn({ clients, strangers }, "those who hold most were cut off: memory ran out");
    for (const { socket } of cut) socket.cut();
  }

  #isPeerFull(peer: Peer): boolean {
    const { max, includesLoopback } = this.#settings.connectionsPerPeer;
    if ((this.#perPeer.get(peer.key) ?? 0) < max || (isLoopback(peer.address) && !includesLoopback))
      return false;
    if (this.#warnings.take().kind === "ok") {
      this.#logger.warn(
        { peer: peer.key, max },
        "a network address has all the connections that one may have: if many people share it, raise PLUME_MAX_CLIENTS_PER_IP, " +
          "or name the proxy before them in PLUME_TRUSTED_PROXIES",
      );
    }
    return true;
  }
}

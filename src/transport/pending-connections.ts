import type { Logger } from "pino";
import { limits } from "../limits.ts";
import type { Settings } from "../settings/settings.ts";
import type { Clock } from "../system/clock.ts";
import { isLoopback, isWithin, parseAddress } from "../system/network.ts";
import { TokenBucket } from "../system/token-bucket.ts";
import type { PeerOf } from "./peer.ts";

/** The bounds that follow from the settings, and from how many files the process may have open. */
export function pendingLimits(settings: Settings, openFiles: number, peerOf: PeerOf): PendingLimits {
  const { connectionsMax, connectionsPerPeer, trustedProxies } = settings;
  const max = Math.max(limits.pendingLeast, connectionsMax);
  const keyOf = (address: string) => {
    const peer = peerOf({ address, forwardedFor: "", userAgent: "", origin: "" });
    const parsed = parseAddress(address);
    const isProxy = parsed !== undefined && trustedProxies.some((network) => isWithin(parsed, network));
    const isExempt = isProxy || (isLoopback(peer.address) && !connectionsPerPeer.includesLoopback);
    return isExempt ? undefined : peer.key;
  };
  // A rush comes from few addresses, a proxy's or a school's: reading the same one anew is most of what it takes.
  let last: { address: string; key: string | undefined } = { address: "", key: keyOf("") };
  return {
    max: Math.min(max, Math.floor(limits.pendingPart * openFiles)),
    perPeerMax: connectionsPerPeer.max,
    keyOf(address) {
      if (address !== last.address) last = { address, key: keyOf(address) };
      return last.key;
    },
  };
}

/** How many TCP connections may be open that are no WebSocket. */
export interface PendingLimits {
  /** In all. */
  readonly max: number;
  /** From one network address (an IPv6 /64). `Infinity`: no limit. */
  readonly perPeerMax: number;
  /** What that limit counts a connection by, given the address of the direct peer; undefined where it has none, as a proxy. */
  readonly keyOf: (address: string) => string | undefined;
}

/** The way out of `PendingConnections`: the connection is closed, or is a WebSocket now. Safe to call again. */
export type Leave = () => void;

/**
 * TCP connections whose request has not come whole: silent ones and slow ones, which cost their peer nothing. Each has one
 * request, so that the oldest is the one that has been idle longest. Over a limit it makes room for the newcomer, so that
 * nobody keeps others out by holding connections open.
 */
export class PendingConnections {
  readonly #limits: PendingLimits;
  readonly #logger: Logger;
  readonly #warnings: TokenBucket;
  /** What closes each one; the oldest first. */
  readonly #all = new Set<() => void>();
  /** The same by peer. */
  readonly #perPeer = new Map<string, Set<() => void>>();

  constructor(bounds: PendingLimits, clock: Clock, logger: Logger) {
    this.#limits = bounds;
    this.#logger = logger;
    this.#warnings = new TokenBucket({ perSecond: 1000 / limits.peerWarningMs, burst: 1 }, clock);
  }

  /** @param close tells the peer, and closes at once. @param address of the direct peer. */
  add(address: string, close: () => void): Leave {
    const key = this.#limits.keyOf(address);
    if (key !== undefined) this.#boundPeer(key);
    if (this.#all.size >= this.#limits.max) this.#closeOldest(this.#all, ALL_FULL);
    const peers = key === undefined ? undefined : (this.#perPeer.get(key) ?? new Set());
    const closeThis = () => {
      leave();
      close();
    };
    const leave = () => {
      this.#all.delete(closeThis);
      peers?.delete(closeThis);
      if (key !== undefined && peers?.size === 0 && this.#perPeer.get(key) === peers)
        this.#perPeer.delete(key);
    };
    this.#all.add(closeThis);
    peers?.add(closeThis);
    if (key !== undefined && peers !== undefined) this.#perPeer.set(key, peers);
    return leave;
  }

  /** The same for a transport that can close none but the newcomer: undefined where its peer has all that one may have. */
  tryAdd(address: string): Leave | undefined {
    const key = this.#limits.keyOf(address);
    if (key === undefined) return () => {};
    const peers = this.#perPeer.get(key) ?? new Set();
    if (peers.size >= this.#limits.perPeerMax) {
      this.#warn(PEER_FULL);
      return undefined;
    }
    const one = () => {};
    this.#perPeer.set(key, peers.add(one));
    return () => {
      peers.delete(one);
      if (peers.size === 0 && this.#perPeer.get(key) === peers) this.#perPeer.delete(key);
    };
  }

  #boundPeer(key: string): void {
    const peers = this.#perPeer.get(key);
    if (peers !== undefined && peers.size >= this.#limits.perPeerMax) this.#closeOldest(peers, PEER_FULL);
  }

  #closeOldest(connections: ReadonlySet<() => void>, warning: string): void {
    const [close] = connections;
    close?.();
    this.#warn(warning);
  }

  #warn(warning: string): void {
    if (this.#warnings.take().kind === "ok") this.#logger.warn(warning);
  }
}

const ALL_FULL =
  "connections that ask for nothing are closed for others to come in: if they are people's, raise the limit of open files " +
  "(ulimit -n, or LimitNOFILE in the service) and PLUME_MAX_CLIENTS";
const PEER_FULL =
  "connections that ask for nothing are closed, for a network address has too many: if many people share it, raise " +
  "PLUME_MAX_CLIENTS_PER_IP, or name the proxy before them in PLUME_TRUSTED_PROXIES";

import { SUBPROTOCOL } from "../protocol/v2.ts";
import { type HttpAnswer, plain } from "./http.ts";
import { Origins } from "./origins.ts";
import type { Peer, PeerOf } from "./peer.ts";
import type { PendingConnections } from "./pending-connections.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { SocketContext, Version } from "./socket.ts";
import type { StaticFiles } from "./static-files.ts";

/**
 * Listens: the page, `/healthz` and the WebSocket at `/connect`. `undefined` when another program has the port, or the
 * address is not this machine's.
 */
export type Listen = (options: ListenOptions) => Promise<Listener | undefined>;

export interface ListenOptions extends SocketContext {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Which pages may connect, given the port that was bound. */
  origins: (port: number) => Origins;
  peerOf: PeerOf;
  /** Connections that are no WebSocket yet. */
  pending: PendingConnections;
  files: StaticFiles;
}

/** A transport that listens. */
export interface Listener {
  /** The TCP port that is listened on. */
  readonly port: number;
  /** Accepts no new connections; those that are open stay. */
  stopAccepting(): void;
  /** Accepts new connections again, after `stopAccepting`; false when another program has the port now. */
  acceptAgain(): Promise<boolean>;
  /** Closes everything at once. */
  destroy(): void;
}

/** Where WebSockets connect. */
export const SOCKET_PATH = "/connect";

/** RFC 6455's, the only one there is. */
const SOCKET_VERSION = "13";

const upgradeRequired = plain(
  "426 Upgrade Required",
  `This is where WebSockets of version ${SOCKET_VERSION} connect.`,
  [
    ["upgrade", "websocket"],
    ["sec-websocket-version", SOCKET_VERSION],
  ],
);

/** The answer to a peer whose connection makes room for another's. */
export const turnedAway = plain(
  "503 Service Unavailable",
  "There are too many connections. Try again in a minute.",
  [["retry-after", "60"]],
);

/** An HTTP request without its body. */
export interface HttpRequestHead {
  method: string;
  /** Without the query. */
  path: string;
  headers: RequestHeaders;
}

/** Who may open a WebSocket. */
export interface Admitted {
  readonly peer: Peer;
  readonly version: Version;
}

export type Admission =
  | ({ readonly kind: "admitted" } & Admitted)
  | { readonly kind: "refused"; readonly answer: HttpAnswer };

/** What a port serves, whichever transport listens on it: who may open a WebSocket, and what HTTP requests are answered. */
export class Endpoint {
  readonly #options: ListenOptions;
  #origins = new Origins([]); // no page connects before the port is known

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  /** @param port the one that was bound. */
  listens(port: number): void {
    this.#origins = this.#options.origins(port);
  }

  /** @param address of the direct peer, as the transport writes it. */
  admit(headers: RequestHeaders, address: string): Admission {
    const { problem } = headers;
    if (problem !== undefined) return { kind: "refused", answer: plain("400 Bad Request", problem) };
    const isSocket = headers.get("upgrade").toLowerCase() === "websocket";
    if (!isSocket || headers.get("sec-websocket-version") !== SOCKET_VERSION) {
      return { kind: "refused", answer: upgradeRequired };
    }
    const origin = headers.get("origin");
    if (!this.#origins.allow(origin)) {
      return { kind: "refused", answer: plain("403 Forbidden", this.#origins.refuse(origin)) };
    }
    const version = headers.get("sec-websocket-protocol").split(/,\s*/).includes(SUBPROTOCOL) ? 2 : 1;
    const forwardedFor = headers.get("x-forwarded-for");
    const userAgent = headers.get("user-agent");
    const peer = this.#options.peerOf({ address, forwardedFor, userAgent, origin });
    return { kind: "admitted", peer, version };
  }

  answer({ method, path, headers }: HttpRequestHead): HttpAnswer {
    const { server, files } = this.#options;
    const { problem } = headers;
    if (problem !== undefined) return plain("400 Bad Request", problem);
    switch (path) {
      case "/healthz":
        return server.healthy() ? plain("200 OK", "ok") : plain("503 Service Unavailable", "stopping");
      case SOCKET_PATH: {
        // A browser hides from a page why no WebSocket opens; this answer, to a POST, which says where it is from, the page can read.
        const origin = headers.get("origin");
        const isAllowed = this.#origins.allow(origin);
        return isAllowed ? upgradeRequired : plain("403 Forbidden", this.#origins.refuse(origin));
      }
      default:
        return files.answer({
          method: method.toLowerCase(),
          path,
          acceptEncoding: headers.get("accept-encoding"),
          ifNoneMatch: headers.get("if-none-match"),
        });
    }
  }
}

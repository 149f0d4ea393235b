import { SUBPROTOCOL } from "../protocol/v2.ts";
import { type HttpAnswer, plain } from "./http.ts";
import { Origins } from "./origins.ts";
import type { Peer, PeerOf, PeerRequest } from "./peer.ts";
import type { SocketContext, Version } from "./socket.ts";
import type { FileRequest, StaticFiles } from "./static-files.ts";

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

/** A request to open a WebSocket; a header that did not come is empty. */
export interface UpgradeRequest extends PeerRequest {
  upgrade: string;
  socketVersion: string;
  origin: string;
  subprotocols: string;
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

  admit(request: UpgradeRequest): Admission {
    const { upgrade, socketVersion, origin, subprotocols } = request;
    if (upgrade.toLowerCase() !== "websocket" || socketVersion !== SOCKET_VERSION) {
      return { kind: "refused", answer: upgradeRequired };
    }
    if (!this.#origins.allow(origin)) {
      return { kind: "refused", answer: plain("403 Forbidden", this.#origins.refusal(origin)) };
    }
    const version = subprotocols.split(/,\s*/).includes(SUBPROTOCOL) ? 2 : 1;
    return { kind: "admitted", peer: this.#options.peerOf(request), version };
  }

  answer(request: FileRequest): HttpAnswer {
    const { server, files } = this.#options;
    switch (request.path) {
      case "/healthz":
        return server.healthy() ? plain("200 OK", "ok") : plain("503 Service Unavailable", "stopping");
      case SOCKET_PATH:
        return upgradeRequired;
      default:
        return files.answer(request);
    }
  }
}

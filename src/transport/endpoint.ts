import { SUBPROTOCOL } from "../protocol/v2.ts";
import type { Clock } from "../system/clock.ts";
import { type HttpAnswer, plain } from "./http.ts";
import { Origins } from "./origins.ts";
import type { Peer, PeerOf } from "./peer.ts";
import type { Door, Listener, Version } from "./socket.ts";
import type { FileRequest, StaticFiles } from "./static-files.ts";

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

export interface ListenAt {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Which pages may connect, given the port that was got. */
  origins: (port: number) => Origins;
  peerOf: PeerOf;
  files: StaticFiles;
  door: Door;
  clock: Clock;
}

/** Listens: the page, `/healthz` and the WebSocket at `/connect`. `undefined` when the address is taken or not ours. */
export type Listen = (at: ListenAt) => Promise<Listener | undefined>;

/** What a request to open a WebSocket says; a header that is not there is empty. */
export interface UpgradeRequest {
  upgrade: string;
  socketVersion: string;
  origin: string;
  /** Of the direct peer, as the transport writes it. */
  address: string;
  forwardedFor: string;
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

/** What is behind a port, whichever transport listens on it: who may come in, and what HTTP requests are answered. */
export class Endpoint {
  readonly #at: ListenAt;
  #origins = new Origins([]); // no page connects before the port is known

  constructor(at: ListenAt) {
    this.#at = at;
  }

  /** The port that was got. */
  opened(port: number): void {
    this.#origins = this.#at.origins(port);
  }

  admit({ upgrade, socketVersion, origin, address, forwardedFor, subprotocols }: UpgradeRequest): Admission {
    if (upgrade.toLowerCase() !== "websocket" || socketVersion !== SOCKET_VERSION) {
      return { kind: "refused", answer: upgradeRequired };
    }
    if (!this.#origins.allow(origin)) {
      return { kind: "refused", answer: plain("403 Forbidden", this.#origins.refusal(origin)) };
    }
    const version = subprotocols.split(/,\s*/).includes(SUBPROTOCOL) ? 2 : 1;
    return { kind: "admitted", peer: this.#at.peerOf(address, forwardedFor), version };
  }

  answer(request: FileRequest): HttpAnswer {
    const { door, files } = this.#at;
    switch (request.path) {
      case "/healthz":
        return door.healthy() ? plain("200 OK", "ok") : plain("503 Service Unavailable", "stopping");
      case SOCKET_PATH:
        return upgradeRequired;
      default:
        return files.answer(request);
    }
  }
}

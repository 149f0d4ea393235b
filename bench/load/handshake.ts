import { createHash, randomBytes } from "node:crypto";

/** A request to speak WebSocket, and what has to come back. */
export interface Handshake {
  request: string;
  /** Throws unless the server accepted. @param head its answer, without the empty line at its end. */
  check(head: string): void;
}

/** What a WebSocket is asked for. */
export interface Door {
  /** On 127.0.0.1. */
  port: number;
  path: string;
  /** Other headers, one a line. */
  headers: readonly string[];
}

export function newHandshake({ port, path, headers }: Door): Handshake {
  const key = randomBytes(16).toString("base64");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    ...headers,
  ];
  return {
    request: `${lines.join("\r\n")}\r\n\r\n`,
    check(head) {
      const [status = "", ...answered] = head.split("\r\n");
      const accepted = answered.some(
        (line) => /^sec-websocket-accept: /i.test(line) && line.endsWith(accept),
      );
      if (!status.startsWith("HTTP/1.1 101") || !accepted) throw new Error(`no WebSocket: ${status}`);
    },
  };
}

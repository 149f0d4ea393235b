/** HTTP answers, the same for every transport, and how Node's HTTP servers send them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { limits } from "../limits.ts";

/** An HTTP answer, whole. */
export interface HttpAnswer {
  /** As on the wire: "200 OK". */
  status: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
}

/** On every answer: the page runs only what this server sends, in no frame, and tells nobody where it was. */
export const securityHeaders: HttpAnswer["headers"] = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  ],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
];

/** A short answer in plain text. */
export function plain(status: string, text: string, headers: HttpAnswer["headers"] = []): HttpAnswer {
  return {
    status,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["cache-control", "no-store"],
      ...headers,
      ...securityHeaders,
    ],
    body: Buffer.from(`${text}\n`),
  };
}

/** For Node's HTTP servers: how long a client may stand still. uWebSockets has the like built in. */
export const httpTimeouts = {
  headersTimeout: limits.httpTimeoutMs,
  requestTimeout: limits.httpTimeoutMs,
  keepAliveTimeout: limits.httpTimeoutMs,
  connectionsCheckingInterval: limits.httpTimeoutMs / 5,
};

/** What was asked for, without the query. */
export function pathOf({ url = "" }: IncomingMessage): string {
  const [path = ""] = url.split("?");
  return path;
}

export function respond(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.statusCode = Number.parseInt(status, 10);
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader("content-length", body.length);
  response.end(body); // Node leaves the body out of the answer to a HEAD
}

/** Answers a request that Node has handed over with its stream, and closes the stream. */
export function answerOn(stream: Duplex, request: IncomingMessage, answer: HttpAnswer): void {
  stream.on("error", () => {}); // the client is gone
  stream.on("finish", () => stream.destroy());
  stream.write(headText(answer));
  stream.end(request.method === "HEAD" ? undefined : answer.body);
}

/** Answers a peer that has asked for nothing yet, and closes its connection at once. */
export function turnAway(stream: Duplex, answer: HttpAnswer): void {
  stream.write(headText(answer));
  stream.write(answer.body);
  stream.destroy();
}

/** The head of an answer, after which the connection is closed. */
function headText({ status, headers, body }: HttpAnswer): string {
  const lines = [
    `HTTP/1.1 ${status}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

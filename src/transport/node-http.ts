/** What Node's HTTP servers have in common, those for clients and for who looks after the server. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { limits } from "../limits.ts";
import type { HttpAnswer } from "./http.ts";

/** How long an HTTP client may stand still; uWebSockets has the like built in. */
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

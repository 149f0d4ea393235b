/** How a connection ends: a WebSocket close code, a reason for people (at most 123 bytes), and who may try again. */
export interface Goodbye {
  code: number;
  reason: string;
  /** What the client should do: come back at once with jitter, come back later, or stop until a person acts. */
  retry: "now" | "later" | "never";
}

/** Every code this server closes with, on purpose. 1006 means that the network went away. */
export const goodbyes = {
  binary: { code: 1003, reason: "binary frames are not understood, send text", retry: "never" },
  tooLarge: { code: 1009, reason: "message too large", retry: "never" },
  failed: { code: 1011, reason: "something broke on the server", retry: "later" },
  restarting: { code: 1012, reason: "the server restarts", retry: "now" },
  serverFull: { code: 1013, reason: "the server is full", retry: "later" },
  cannotSave: { code: 1013, reason: "the server cannot save names now", retry: "later" },
  takenOver: { code: 4009, reason: "this tab has connected again", retry: "never" },
  addressFull: { code: 4013, reason: "too many connections from your network address", retry: "later" },
  malformed: { code: 4000, reason: "not a Plume message", retry: "never" },
  loginTimeout: { code: 4001, reason: "login took too long", retry: "now" },
  flooding: { code: 4003, reason: "far too many messages", retry: "later" },
  tooSlow: { code: 4008, reason: "reads too slowly: messages were missed", retry: "now" },
} as const satisfies Record<string, Goodbye>;

/** What to do about a close code, for a client. Codes that are not ours (1006, 1001 …) are the network's: come back. */
export function retryAfterClose(code: number): Goodbye["retry"] {
  return Object.values(goodbyes).find((goodbye) => goodbye.code === code)?.retry ?? "now";
}

/** Tells a goodbye from whatever else there could have been instead. */
export function isGoodbye(other: object): other is Goodbye {
  return "retry" in other;
}

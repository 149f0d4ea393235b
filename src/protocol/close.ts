/** How a connection ends: a WebSocket close code, a reason for people (at most 123 bytes), and who may try again. */
export interface Goodbye {
  code: number;
  reason: string;
  /** When a client should connect again: at once with jitter, later, or only when a person asks for it. */
  retry: "now" | "later" | "never";
}

/** Every close that this server decides on. A close with 1006 means that the network went away. */
export const goodbyes = {
  binary: { code: 1003, reason: "binary frames are not understood, send text", retry: "never" },
  tooLarge: { code: 1009, reason: "message too large", retry: "never" },
  failed: { code: 1011, reason: "something broke on the server", retry: "later" },
  restarting: { code: 1012, reason: "the server restarts", retry: "now" },
  serverFull: { code: 1013, reason: "the server is full", retry: "later" },
  cannotSave: { code: 1013, reason: "the server cannot save names now", retry: "later" },
  takenOver: { code: 4009, reason: "this tab has connected again", retry: "never" },
  loggedOut: { code: 4010, reason: "this session was logged out", retry: "never" },
  tooManyConnections: {
    code: 4011,
    reason: "you have too many connections: this was the oldest",
    retry: "never",
  },
  addressFull: { code: 4013, reason: "too many connections from your network address", retry: "later" },
  malformed: { code: 4000, reason: "not a Plume message", retry: "never" },
  loginTimeout: { code: 4001, reason: "login took too long", retry: "now" },
  flooding: { code: 4003, reason: "far too many messages", retry: "later" },
  tooSlow: { code: 4008, reason: "reads too slowly: messages were missed", retry: "now" },
} as const satisfies Record<string, Goodbye>;

/** When a client should connect again after a close code. Codes that are not this server's (1006, 1001 …) are the network's. */
export function retryAfterClose(code: number): Goodbye["retry"] {
  return Object.values(goodbyes).find((goodbye) => goodbye.code === code)?.retry ?? "now";
}

/** Tells a goodbye from whatever else there could have been instead. */
export function isGoodbye(other: object): other is Goodbye {
  return "retry" in other;
}

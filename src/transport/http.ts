/** An HTTP answer, whole; the same for every transport. */
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

import { hkdfSync } from "node:crypto";

/** What a key is for. Purposes have different keys, so that nothing signed for one passes for another. */
export type KeyPurpose = "session" | "code" | "email" | "invite";

const secretBytesMin = 32;

/** The key for one purpose, derived from the server's secret (HKDF, RFC 5869). Another secret voids everything signed before. */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (secret.length < secretBytesMin) {
    throw new Error(`the secret has ${secret.length} bytes; it needs at least ${secretBytesMin}`);
  }
  return new Uint8Array(hkdfSync("sha256", secret, "", `plume login ${purpose} v1`, 32));
}

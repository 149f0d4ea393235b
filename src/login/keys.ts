import { hkdfSync } from "node:crypto";

/** What a key is for: what one signs can never pass for what another does. */
export type KeyPurpose = "session" | "code" | "email" | "invite";

const secretBytesMin = 32;

/** The key for one purpose, derived from the server's one secret. Another secret voids everything signed before. */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (secret.length < secretBytesMin) {
    throw new Error(`the secret has ${secret.length} bytes; it needs at least ${secretBytesMin}`);
  }
  return new Uint8Array(hkdfSync("sha256", secret, "", `plume login ${purpose} v1`, 32));
}

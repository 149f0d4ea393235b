import { hkdfSync } from "node:crypto";

/** What a key is for. Purposes have different keys, so that nothing signed for one passes for another. */
export type KeyPurpose = "session" | "code" | "email" | "invite";

/** What a server keeps secret. */
export interface ServerKeys {
  /** Signs sessions, codes and invitations; at least 32 bytes. */
  readonly secret: Uint8Array;
  /** The key of the keyed hash that stands for a mail address. */
  readonly addressKey: Uint8Array;
}

const secretBytesMin = 32;

/** The keys of a server without a state directory, and of one of version 0.4: the secret is all that it has. */
export function keysFromSecret(secret: Uint8Array): ServerKeys {
  return { secret, addressKey: deriveKey(secret, "email") };
}

/** The key for one purpose, derived from the server's secret (HKDF, RFC 5869). Another secret voids everything signed before. */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (secret.length < secretBytesMin) {
    throw new Error(`the secret has ${secret.length} bytes; it needs at least ${secretBytesMin}`);
  }
  return new Uint8Array(hkdfSync("sha256", secret, "", `plume login ${purpose} v1`, 32));
}

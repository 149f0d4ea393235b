import { createHmac } from "node:crypto";
import { quote } from "../system/printable.ts";
import { createOnce } from "./files.ts";
import { readPrivately } from "./secret-file.ts";
import { inspectStateDirectory, placesIn } from "./state-directory.ts";

/** The key of the keyed hash that stands for a mail address: as many bytes as that hash works with. */
const ADDRESS_KEY_BYTES = 32;
const RESTORE =
  "put the one back that this state directory was made with, from a backup; without it nobody could prove that a name is theirs";

/** What a state directory has of a key. A `sentence` says what is wrong with it, and what to do. */
export type LoadedAddressKey =
  | { kind: "loaded"; addressKey: Uint8Array }
  /** None, for version 0.4 has written it, which derived the key from the secret. */
  | { kind: "former" }
  | { kind: "wrong"; sentence: string };

/** The key of mail addresses that a state directory keeps, for a server or beside one that runs. */
export function loadAddressKey(directory: string): LoadedAddressKey {
  const inspected = inspectStateDirectory(directory);
  switch (inspected.kind) {
    case "wrong":
      return inspected;
    case "missing":
    case "empty":
      return {
        kind: "wrong",
        sentence: `The state directory ${quote(directory)} has no address key yet: start the server with it once, which makes one.`,
      };
    case "found":
      return loadFrom(placesIn(directory).addressKey, inspected.isFormer);
  }
}

/** Writes the key into a state directory, where there is none yet. Throws what the file system throws. */
export function createAddressKey(
  directory: string,
  addressKey: Uint8Array,
  random: (bytes: number) => Uint8Array,
): void {
  createOnce(placesIn(directory).addressKey, `${Buffer.from(addressKey).toString("hex")}\n`, random);
}

/** What tells a key from another, and nothing of the key: kept among what was written with it. */
export function fingerprintOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("plume fingerprint v1").digest("base64url").slice(0, 22);
}

/** What to say of a state directory that was written with another key. */
export function otherAddressKey(directory: string): string {
  return wrong(placesIn(directory).addressKey, "is another one than before").sentence;
}

function loadFrom(path: string, isFormer: boolean): LoadedAddressKey {
  const read = readPrivately(path);
  switch (read.kind) {
    case "read": {
      const text = read.bytes.toString("latin1");
      const isWhole = text.length === 2 * ADDRESS_KEY_BYTES + 1 && /^[0-9a-f]+\n$/.test(text);
      if (!isWhole) return wrong(path, "is damaged");
      return { kind: "loaded", addressKey: Buffer.from(text.trimEnd(), "hex") };
    }
    case "unreadable":
      if (read.code !== "ENOENT") return wrong(path, `cannot be read (${read.code})`);
      return isFormer ? { kind: "former" } : wrong(path, "is missing");
    case "noFile":
      return wrong(path, "is no regular file");
    case "wrong":
      return { kind: "wrong", sentence: `The address key ${quote(path)} ${read.problem}.` };
  }
}

function wrong(path: string, problem: string): { kind: "wrong"; sentence: string } {
  return { kind: "wrong", sentence: `The address key ${quote(path)} ${problem}: ${RESTORE}.` };
}

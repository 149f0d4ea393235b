import { parseEmail } from "../login/address.ts";
import { keysFromSecret, type ServerKeys } from "../login/keys.ts";
import { SessionTokens } from "../login/session-tokens.ts";
import { SESSION_ID_BYTES, type SessionId } from "../people/person.ts";
import { parseName } from "../people/user.ts";
import type { Settings } from "../settings/settings.ts";
import { loadAddressKey } from "../store/address-key.ts";
import { type LoadedSecret, loadSecret } from "../store/secret-file.ts";
import { loadStateSecret } from "../store/state-directory.ts";
import type { Clock } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { Outcome } from "./outcome.ts";

/** Whose session a token is. */
interface Bearer {
  name: string;
  email: string;
}

/** `plume token`: prints a session token, signed with the secret that the settings name. Works beside a server that runs. */
export function token(
  { settings, ...bearer }: Bearer & { settings: Settings },
  { clock, random }: { clock: Clock; random: Random },
): Outcome {
  const loaded = signingSecret(settings, random);
  if (loaded.kind === "wrong") return loaded;
  const keys = keysBeside(settings, loaded.secret);
  if (keys.kind === "wrong") return keys;
  const minted = mintToken(bearer, keys, { clock, random });
  return minted.kind === "wrong" ? minted : { kind: "done", text: minted.token };
}

/** A session token, or one sentence that says why there is none. */
export type Minted = { kind: "token"; token: string } | { kind: "wrong"; sentence: string };

/** Signs a session without a mail, as whoever holds the server's keys may: for bots and load tests. */
export function mintToken(
  bearer: Bearer,
  keys: ServerKeys,
  { clock, random }: { clock: Clock; random: Random },
): Minted {
  const name = parseName(bearer.name);
  if (name.kind === "refused") return { kind: "wrong", sentence: `--name can't be used: ${name.problem}.` };
  const email = parseEmail(bearer.email);
  if (email.kind === "refused")
    return { kind: "wrong", sentence: `--email can't be used: ${email.problem}.` };
  const tokens = new SessionTokens({ ...keys, clock });
  const identity = { name: name.name, emailHash: tokens.emailHash(email.email) };
  const session = Buffer.from(random(SESSION_ID_BYTES)).toString("base64url") as SessionId;
  return { kind: "token", token: tokens.sign(identity, { session, issuedAtMs: clock.now() }) };
}

/** The secret that signs sessions: a file's, the state directory's, or 32 random bytes that end with the process. */
export function signingSecret({ secret }: Settings, random: Random): LoadedSecret {
  switch (secret.kind) {
    case "random":
      return { kind: "loaded", secret: random(32) };
    case "state":
      return loadStateSecret(secret.directory);
    case "file":
      return loadSecret(secret.path);
  }
}

/** The keys of the server that has these settings, without opening its state directory. */
function keysBeside(
  { state }: Settings,
  secret: Uint8Array,
): ({ kind: "loaded" } & ServerKeys) | { kind: "wrong"; sentence: string } {
  const derived = keysFromSecret(secret);
  if (state.kind === "memory") return { kind: "loaded", ...derived };
  const loaded = loadAddressKey(state.path);
  switch (loaded.kind) {
    case "wrong":
      return loaded;
    case "former":
      return { kind: "loaded", ...derived };
    case "loaded":
      return { kind: "loaded", secret, addressKey: loaded.addressKey };
  }
}

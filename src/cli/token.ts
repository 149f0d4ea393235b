import { parseEmail } from "../login/address.ts";
import { SessionTokens } from "../login/session-tokens.ts";
import { SESSION_ID_BYTES, type SessionId } from "../people/person.ts";
import { parseName } from "../people/user.ts";
import type { Settings } from "../settings/settings.ts";
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

/** `plume token`: prints a session token, signed with the secret that the settings name. */
export function token(
  { settings, ...bearer }: Bearer & { settings: Settings },
  { clock, random }: { clock: Clock; random: Random },
): Outcome {
  const loaded = signingSecret(settings, random);
  if (loaded.kind === "wrong") return loaded;
  const minted = mintToken(bearer, loaded.secret, { clock, random });
  return minted.kind === "wrong" ? minted : { kind: "done", text: minted.token };
}

/** A session token, or one sentence that says why there is none. */
export type Minted = { kind: "token"; token: string } | { kind: "wrong"; sentence: string };

/** Signs a session without a mail, as whoever holds the server's secret may: for bots and load tests. */
export function mintToken(
  bearer: Bearer,
  secret: Uint8Array,
  { clock, random }: { clock: Clock; random: Random },
): Minted {
  const name = parseName(bearer.name);
  if (name.kind === "refused") return { kind: "wrong", sentence: `--name can't be used: ${name.problem}.` };
  const email = parseEmail(bearer.email);
  if (email.kind === "refused")
    return { kind: "wrong", sentence: `--email can't be used: ${email.problem}.` };
  const tokens = new SessionTokens({ secret, clock });
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

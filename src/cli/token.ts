import { parseName } from "../chat/user.ts";
import { parseEmail } from "../login/address.ts";
import { Sessions } from "../login/sessions.ts";
import type { Clock } from "../system/clock.ts";

/** A session token, or one sentence that says why there is none. */
export type Minted = { kind: "token"; token: string } | { kind: "wrong"; sentence: string };

/** Signs a session without a mail, as whoever holds the server's secret may: for bots and load tests. */
export function mintToken(who: { name: string; email: string }, secret: Uint8Array, clock: Clock): Minted {
  const name = parseName(who.name);
  if (name.kind === "refused") return { kind: "wrong", sentence: `--name can't be used: ${name.problem}.` };
  const email = parseEmail(who.email);
  if (email.kind === "refused")
    return { kind: "wrong", sentence: `--email can't be used: ${email.problem}.` };
  const sessions = new Sessions({ secret, clock });
  return {
    kind: "token",
    token: sessions.sign({ user: name.user, emailHash: sessions.emailHash(email.email) }),
  };
}

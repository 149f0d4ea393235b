import { type EmailHash, type Identity, parseName } from "../../src/people/user.ts";

/** Somebody with this name; two with the same `owner` have the same mail address. */
export function identity(name: string, owner: string): Identity {
  const parsed = parseName(name);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  const hash = Buffer.alloc(16);
  hash.write(owner);
  return { name: parsed.name, emailHash: hash.toString("base64url") as EmailHash };
}

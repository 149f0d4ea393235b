import { strangerIn } from "../src/protocol/mail-address.ts";
import { bounds, byteLength } from "./bounds.ts";
import { words } from "./words.ts";

/** What is wrong with a field, as a sentence. */
export interface Problem {
  field: "name" | "email";
  text: string;
}

/** Checks what can be checked here; the server has the last word. */
export function checkJoin(name: string, email: string): Problem | undefined {
  if (name === "") return { field: "name", text: words.join.nameMissing };
  if (byteLength(name) > bounds.nameBytesMax) return { field: "name", text: words.join.nameLong };
  const stranger = strangerIn(email);
  if (stranger !== undefined) return { field: "email", text: words.join.emailCharacter(stranger) };
  if (!/^\S+@\S+$/.test(email)) return { field: "email", text: words.join.emailWrong };
  if (byteLength(email) > bounds.emailBytesMax) return { field: "email", text: words.join.emailLong };
  return undefined;
}

/** What a person typed or pasted as the code: "ab 12-cd" is "AB12CD". */
export function cleanCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toUpperCase()
    .slice(0, bounds.codeCharacters);
}

/** A line as it is sent: no blank lines around it, no control characters, no half characters. */
export function cleanLine(typed: string): string {
  return typed
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])\p{Cc}/gu, "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(/^(?:[^\S\n]*\n)+/, "")
    .trimEnd();
}

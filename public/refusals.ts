import type { Problem } from "./fields.ts";

/**
 * What the server's sentences mean to the page. Version 1 has no codes, so the page reads them; where it
 * does not understand one, the sentence is shown all the same.
 */

/** How a line of the house begins that says that something I said was refused. */
export const NOT_SENT = "not sent:";

/** "try again in 2 s" and "in 5 min", in ms. */
export function retryAfterMs(refusal: string): number | undefined {
  const [, amount, unit] = /\btry again in (\d{1,5}) (s|min)\b/.exec(refusal) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (unit === "min" ? 60_000 : 1000);
}

/** The field that a refusal is about. A name is refused more often. */
export function fieldOf(refusal: string): Problem["field"] {
  const name = refusal.search(/\bnames?\b/i);
  const email = refusal.search(/\bmail address\b|\be-?mail\b/i);
  return email >= 0 && (name < 0 || email < name) ? "email" : "name";
}

/** "…; ask for a new one": typing the code once more will not help. */
export function needsNewCode(refusal: string): boolean {
  return /\bask for (?:a new|another|one)\b/i.test(refusal);
}

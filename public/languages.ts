import { german } from "./words.de.ts";
import { english, type Words } from "./words.en.ts";

/** The languages the page speaks, by their codes. */
export const languages: Readonly<Record<string, Words>> = { en: english, de: german };

/** The one that was chosen, else the first that the browser's person reads, else English. */
export function chooseLanguage(chosen: string, read: readonly string[]): Words {
  for (const tag of [chosen, ...read]) {
    const found = languages[tag.split("-", 1)[0]?.toLowerCase() ?? ""];
    if (found !== undefined) return found;
  }
  return english;
}

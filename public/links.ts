import { tokenize } from "linkifyjs";

/** A piece of a text: to be shown as it is, or as a link. */
export type Part = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

/** Finds the web and mail addresses in a text. The texts of the parts, joined, are the whole text. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let plain = "";
  for (const token of tokenize(text)) {
    const href = token.isLink ? safeHref(token.toHref("https")) : undefined;
    if (href === undefined) {
      plain += token.toString();
      continue;
    }
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    parts.push({ kind: "link", text: token.toString(), href });
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return parts;
}

const safeProtocols = ["http:", "https:", "mailto:"];

function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return safeProtocols.includes(url.protocol) ? url.href : undefined;
}

import validator from "validator";
import { limits } from "../limits.ts";
import type { LoginMail } from "./mailer.ts";

/** The parts of a message that do not depend on who sends it to whom. */
export interface CodeMail {
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly html: string;
}

/**
 * The mail with a login code. It goes to whoever's address somebody typed, so it must not say what that somebody
 * wants: the name is in the body only, escaped, and what looks like a link in it is none. The code is alone on its
 * line, after the word "code", so that phones offer it; mail servers log subjects, so it is not in there.
 */
export function compose({ name, code, link }: LoginMail): CodeMail {
  const intro = "Your Plume login code is";
  const who = `It logs you in as ${unlinked(name)}.`;
  const how = `Type it where you asked for it. It is valid for ${limits.codeValidMs / 60_000} minutes and works once.`;
  const or = "Or open this link in the browser where you asked for it:";
  const why = "You did not ask for it? Then ignore this mail: nobody can log in without the code.";
  return {
    subject: "Your Plume login code",
    headers: { "Auto-Submitted": "auto-generated", "Content-Language": "en" },
    text: `${intro}\n\n    ${code}\n\n${who}\n${how}\n\n${or}\n${link}\n\n${why}\n`,
    html: page(
      `<p>${intro}</p>`,
      `<p style="font: bold 2em monospace; letter-spacing: 0.1em">${validator.escape(code)}</p>`,
      `<p>${validator.escape(who)}<br>${how}</p>`,
      `<p>${or}<br><a href="${validator.escape(link)}">${validator.escape(link)}</a></p>`,
      `<p>${why}</p>`,
    ),
  };
}

/** An invisible word joiner after each dot: mail programs make links of `example.com`, but not of this. */
function unlinked(name: string): string {
  return name.replaceAll(".", ".\u2060");
}

function page(...paragraphs: string[]): string {
  const head = '<meta charset="utf-8"><title>Your Plume login code</title>';
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${paragraphs.join("\n")}\n</body></html>\n`;
}

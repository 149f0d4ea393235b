import { tokenize } from "linkifyjs";

/** A piece of a text that is a link, or is not. */
export type LinkPiece = { kind: "link"; text: string; href: string } | { kind: "text"; text: string };

/**
 * Finds web and mail addresses. The texts of the pieces, joined, are the whole text. What surrounds an address in any script
 * stays outside it; without a scheme only what somebody would write as an address is one, and a file's name never.
 */
export function linksIn(text: string): LinkPiece[] {
  return text.split(surroundings).flatMap((run, index): LinkPiece[] =>
    // The odd ones are what the text was split at.
    index % 2 === 1 || !mayHaveLink.test(run) ? [{ kind: "text", text: run }] : linksInRun(run),
  );
}

/**
 * What an address has in it only where it is encoded: spaces, what cannot be seen, emoji, quotes, and the punctuation of all scripts
 * but ASCII's, which has a meaning in addresses, and the dots that are parts of words.
 */
const surroundings =
  /((?:(?![ -~\u00b7\u30fb])\p{P}|[\s\p{Cc}\p{Default_Ignorable_Code_Point}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{RI}"<>^`{|}])+)/u;

const mayHaveLink = /[^.]\.[^.]|:\/\/|@/;

/** Scripts that are written without spaces between words, and Korean, which has endings right after any word. */
export const unspaced =
  "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\u30fc";

/** @param run text without spaces. */
function linksInRun(run: string): LinkPiece[] {
  const pieces: LinkPiece[] = [];
  for (const part of run.split(afterOtherScript)) {
    let end = 0;
    for (const token of tokenize(part)) {
      const text = token.toString();
      const before = part.slice(Math.max(0, end - 2), end);
      end += text.length;
      const after = part.slice(end, end + 2);
      pieces.push(...(token.isLink ? piecesOf(text, token.t, before, after) : [plain(text)]));
    }
  }
  return pieces;
}

/** After a word of another script, which would be taken for a part of the address. */
const afterOtherScript =
  /(?<=[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}])(?=https?:\/\/|www\.)/iu;

function piecesOf(found: string, kind: string, before: string, after: string): LinkPiece[] {
  const hasScheme = scheme.test(found);
  const start = hasScheme ? 0 : (glued.exec(found)?.[0].length ?? 0);
  const end = endOf(found, before);
  const text = found.slice(start, end);
  const isMeant = hasScheme || isWritten(text, kind, before, after);
  const href = isMeant
    ? safeHref(hasScheme ? text : `${kind === "email" ? "mailto:" : "https://"}${text}`)
    : undefined;
  if (href === undefined) return [plain(found)];
  return [plain(found.slice(0, start)), { kind: "link", text, href }, plain(found.slice(end))];
}

const scheme = /^(?:[a-z][a-z0-9+.-]*:\/\/|mailto:)/i;

/** Words of a script without spaces, before an address in ASCII. */
const glued = new RegExp(`^[${unspaced}]+(?=[a-z0-9])`, "iu");
/** The first letter that is not ASCII's, right after one that is. */
const otherLetter = /(?<=[a-z0-9])[^\x20-\x7e]/iu;
const unspacedLetter = new RegExp(`^[${unspaced}]`, "u");

/** Where an address ends, in what is taken for one: before what marks it up, and before words that follow without a space. */
function endOf(found: string, before: string): number {
  const mark = /[*_~]$/.exec(before)?.[0] ?? "'";
  const text = found.replace(/'s?$|[\u00b7\u30fb*~]+$/u, "");
  const marked = text.endsWith(mark) ? text.slice(0, text.lastIndexOf(mark)) : text;
  const other = otherLetter.exec(marked);
  if (other === null || !/^[ -~]*$/.test(marked.slice(0, other.index))) return marked.length;
  const isInHost = !marked.replace(scheme, "").slice(0, other.index).includes("/");
  const isOtherWord = unspacedLetter.test(other[0]) || (isInHost && !/\p{Script=Latin}/u.test(other[0]));
  return isOtherWord ? other.index : marked.length;
}

/** Whether somebody would write this for an address, without a scheme; not so a file, a member of an object, a forgotten space. */
function isWritten(text: string, kind: string, before: string, after: string): boolean {
  if (/[\w/\\@.\-$~%&+#=]$|::$/.test(before) || /^(?:[\w@\\-]|\.[\p{L}\p{N}])/u.test(after)) return false;
  if (kind === "email") return !/^[:/]\S/.test(after);
  if (after.startsWith("(")) return false;
  const [host = "", ...path] = text.split(/[/:?#]/);
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  if (/^www\./i.test(host)) return labels.length > 2;
  if (last !== last.toLowerCase() && host !== host.toUpperCase()) return false;
  const domain = last.toLowerCase();
  if (usual.has(domain)) return true;
  return ambiguous.has(domain) && (labels.length > 2 || path.some((part) => part !== ""));
}

/** Last parts of hosts that people write without a scheme. Others, of which some are files' endings or words, need one. */
const usual = new Set(
  `com org net edu gov mil int info biz eu asia dev chat blog cloud online site shop social news
  ae ar au ba bg br ca ch ci cl cn co cr cz de dk dz ec ee eg es fi fr ge gh gr gt hk hr hu ie il ir jo jp ke kr kw kz
  lb li lk lt lu lv ma mt mx ng nl nz om pa pe pt qa ro ru sa se sg si sk sv th tn tr tw ua uk uy uz ve vn za zm zw
  рф укр бел срб`.split(/\s+/),
);

/** These are words, members of objects or files' endings as well: only with more of an address around them. */
const ambiguous = new Set(
  "ai am as at be by do id in io is it la me my no pl tv us fm gg app page".split(" "),
);

const safeProtocols = ["http:", "https:", "mailto:"];

function safeHref(href: string): string | undefined {
  try {
    const url = new URL(href);
    return safeProtocols.includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function plain(text: string): LinkPiece {
  return { kind: "text", text };
}

/** A word that names somebody: "@Ada". */
export const mentionWord = /(?<![\p{L}\p{N}@._-])@[\p{L}\p{N}][\p{L}\p{M}\p{N}._'’-]*/gu;

/** Where a text says `@name`, in either case; `name` may have spaces in it. */
export function placesOf(text: string, name: string): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  const wanted = `@${name}`.toLowerCase();
  const where = text.toLowerCase();
  // Lower case may be longer, in a few scripts; then places could be wrong, and there are none.
  if (name === "" || where.length !== text.length) return places;
  for (let start = where.indexOf(wanted); start >= 0; start = where.indexOf(wanted, start + 1)) {
    const end = start + wanted.length;
    if (!inWord.test(text.charAt(start - 1)) && !inWord.test(text.charAt(end))) places.push({ start, end });
  }
  return places;
}

export function mentions(text: string, name: string): boolean {
  return text.includes("@") && placesOf(text, name).length > 0;
}

/** What is being typed at the caret as a mention: "Hello @bj|" asks for names with "bj". */
export function mentionAt(text: string, caret: number): { start: number; typed: string } | undefined {
  const match = /(?<![\p{L}\p{N}])@([\p{L}\p{M}\p{N}._'’-]*)$/u.exec(text.slice(0, caret));
  return match === null ? undefined : { start: match.index, typed: match[1] ?? "" };
}

/** The names that fit what is typed, those that begin with it first. */
export function fitting(names: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase();
  const rank = (name: string) => {
    const plain = name.toLowerCase();
    if (plain.startsWith(wanted)) return 0;
    return plain.split(/[ ._-]/).some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return names
    .map((name) => ({ name, rank: rank(name) }))
    .filter((found) => found.rank < 2)
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .slice(0, 6)
    .map(({ name }) => name);
}

const inWord = /[\p{L}\p{N}_]/u;

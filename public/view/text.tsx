import { bounds, byteLength } from "../bounds.ts";
import { type Part, partsOf } from "../parts.ts";
import { grouped, words } from "../words.ts";

interface TextProps {
  text: string;
  /** The name of who reads it. */
  reader: string;
  /** A word about the line: "edited". */
  mark: string;
  folded: boolean;
  onUnfold: () => void;
}

/** What somebody said: as text, with links, code and mentions. A very long one shows its beginning first. */
export function Text({ text, reader, mark, folded, onUnfold }: TextProps) {
  const beginning = folded ? beginningOf(text) : text;
  const isWhole = beginning.length === text.length;
  return (
    <div class="text">
      <p dir="auto">
        {partsOf(beginning, reader).map((part) => (
          <Piece part={part} />
        ))}
        {!isWhole && "…"}
      </p>
      {mark !== "" && <p class="mark">{mark}</p>}
      {!isWhole && (
        <button type="button" class="quiet" onClick={onUnfold}>
          {words.chat.showAll(grouped(byteLength(text)))}
        </button>
      )}
    </div>
  );
}

function Piece({ part }: { part: Part }) {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return <code>{part.text.slice(1, -1)}</code>;
    case "mention":
      return <span class={part.own ? "mention own-mention" : "mention"}>{part.text}</span>;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
  }
}

function beginningOf(text: string): string {
  const lines = text.split("\n", bounds.foldedLines + 1);
  const few = lines.length > bounds.foldedLines ? lines.slice(0, bounds.foldedLines).join("\n") : text;
  if (few.length <= bounds.foldedCharacters) return few;
  // Cut between characters, never inside one.
  return few.slice(0, bounds.foldedCharacters).replace(/\p{Surrogate}$/u, "");
}

import { bounds, byteLength } from "../bounds.ts";
import { partsOf } from "../links.ts";
import { grouped, words } from "../words.ts";

/** What somebody said: as text, with links. A very long one shows its beginning first. */
export function Text(props: { text: string; folded: boolean; onUnfold: () => void }) {
  const beginning = props.folded ? beginningOf(props.text) : props.text;
  const isWhole = beginning.length === props.text.length;
  return (
    <div class="text">
      <p dir="auto">
        {partsOf(beginning).map((part) =>
          part.kind === "text" ? (
            part.text
          ) : (
            <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          ),
        )}
        {!isWhole && "…"}
      </p>
      {!isWhole && (
        <button type="button" class="quiet" onClick={props.onUnfold}>
          {words.chat.showAll(`${grouped(byteLength(props.text))} bytes`)}
        </button>
      )}
    </div>
  );
}

function beginningOf(text: string): string {
  const lines = text.split("\n", bounds.foldedLines + 1);
  const few = lines.length > bounds.foldedLines ? lines.slice(0, bounds.foldedLines).join("\n") : text;
  if (few.length <= bounds.foldedCharacters) return few;
  // Cut between characters, never inside one.
  return few.slice(0, bounds.foldedCharacters).replace(/\p{Surrogate}$/u, "");
}

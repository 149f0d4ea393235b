import { type Signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { bounds, byteLength } from "../bounds.ts";
import { type Part, partsOf } from "../parts.ts";
import { grouped, words } from "../words.ts";
import { isPrinting } from "./hooks.ts";

interface TextProps {
  text: string;
  /** The name of who reads it. */
  reader: string;
  /** A word about the line: "edited". */
  mark: string;
}

/** What somebody said: as text, with links, code and mentions. A very long one shows its beginning first. */
export function Text({ text, reader, mark }: TextProps) {
  const folded = useSignal(true);
  const beginning = beginningOf(text);
  const isLong = beginning.length < text.length;
  const isFolded = isLong && folded.value && !isPrinting.value;
  const shown = isFolded ? beginning : text;
  return (
    <div class="text">
      {/* Another text is another element: a translator may have taken the pieces out of this one. */}
      <p key={shown} dir="auto" translate={true}>
        {partsOf(shown, reader).map((part) => (
          <Piece part={part} />
        ))}
        {isFolded && "…"}
      </p>
      {mark !== "" && <p class="mark">{mark}</p>}
      {isLong && <FoldButton text={text} folded={folded} />}
    </div>
  );
}

/** Stays where the focus is, and in view when the text above it gets short. */
function FoldButton({ text, folded }: { text: string; folded: Signal<boolean> }) {
  const button = useRef<HTMLButtonElement>(null);
  const isFolded = folded.value;
  useLayoutEffect(() => {
    if (isFolded && document.activeElement === button.current) {
      button.current?.scrollIntoView({ block: "nearest" });
    }
  }, [isFolded]);
  return (
    <button
      type="button"
      class="quiet"
      ref={button}
      aria-expanded={!isFolded}
      onClick={() => {
        folded.value = !isFolded;
      }}
    >
      {isFolded ? words.chat.showAll(grouped(byteLength(text))) : words.chat.showLess}
    </button>
  );
}

/** Each piece has its own direction: "@Ada" in Arabic keeps its @ in front. */
function Piece({ part }: { part: Part }) {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return (
        <code dir="auto" translate={false}>
          {part.text.slice(1, -1)}
        </code>
      );
    case "mention":
      return (
        <bdi class={part.own ? "mention own-mention" : "mention"} translate={false}>
          {part.text}
        </bdi>
      );
    case "emoji":
      return <span title={part.text}>{part.emoji}</span>;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr" translate={false}>
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

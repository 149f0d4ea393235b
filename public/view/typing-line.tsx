import { bounds } from "../bounds.ts";
import type { Crowd } from "../room.ts";
import { listed, words } from "../words.ts";
import { Sentence } from "./sentence.tsx";

/** Who is typing. Its place is always there, so that nothing moves; and it is not read out. */
export function TypingLine({ typing }: { typing: Crowd }) {
  return (
    <p class="typing">
      <Sentence text={describe(typing)} />
    </p>
  );
}

function describe({ count, names }: Crowd): string {
  if (count === 0) return "";
  if (names.length === 0) return count === 1 ? words.chat.somebodyTyping : words.chat.manyTyping;
  const told = names.slice(0, bounds.namesTold);
  return words.chat.typing(listed(told, count - told.length), count > 1);
}

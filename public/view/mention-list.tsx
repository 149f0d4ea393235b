import { useSignal } from "@preact/signals";
import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation.ts";
import { fitting, mentionAt } from "../mentions.ts";
import { words } from "../words.ts";

type Mentions = ReturnType<typeof useMentions>;

/** Completes names after an @ in the composer. Arrow keys choose, Tab and Enter take, Escape closes. */
export function useMentions(
  conversation: Conversation,
  me: string,
  input: RefObject<HTMLTextAreaElement | null>,
) {
  const names = useSignal<readonly string[]>([]);
  const active = useSignal(0);
  /** Where the caret goes when the text has been drawn. */
  const caret = useRef<number | undefined>(undefined);
  const text = conversation.draft.text.value;

  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text, input]);

  const close = () => {
    names.value = [];
  };

  const look = () => {
    const element = input.current;
    const at = element && mentionAt(element.value, element.selectionStart);
    const there = conversation.list.room.value.present.names.filter((name) => name !== me);
    names.value = at ? fitting(there, at.typed) : [];
    active.value = 0;
  };

  const take = (name: string) => {
    const element = input.current;
    const at = element && mentionAt(element.value, element.selectionStart);
    if (!at) return;
    const before = `${element.value.slice(0, at.start)}@${name} `;
    caret.current = before.length;
    conversation.type(before + element.value.slice(element.selectionStart).replace(/^ /, ""));
    close();
    element.focus();
  };

  /** Whether the key was for the list. */
  const pressed = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): boolean => {
    const count = names.value.length;
    const chosen = names.value[active.value];
    if (chosen === undefined || event.shiftKey) return false;
    if (event.key === "ArrowDown") active.value = (active.value + 1) % count;
    else if (event.key === "ArrowUp") active.value = (active.value + count - 1) % count;
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  };

  const isOpen = names.value.length > 0;
  return {
    names,
    active,
    look,
    close,
    take,
    pressed,
    attributes: {
      "aria-autocomplete": "list" as const,
      "aria-controls": isOpen ? "mentions" : undefined,
      "aria-activedescendant": isOpen ? `mention-${active.value}` : undefined,
    },
  };
}

export function MentionList({ mentions }: { mentions: Mentions }) {
  const names = mentions.names.value;
  return (
    <>
      <output class="unseen">{names.length > 0 && words.mention.found(names.length)}</output>
      {names.length > 0 && (
        <div id="mentions" class="mentions" role="listbox" aria-label={words.mention.heading}>
          {names.map((name, index) => (
            // The focus stays in the composer, which has the keys.
            <div
              key={name}
              id={`mention-${index}`}
              class="mention-option"
              role="option"
              tabIndex={-1}
              aria-selected={index === mentions.active.value}
              onPointerDown={(event) => {
                event.preventDefault();
                mentions.take(name);
              }}
            >
              <bdi>{name}</bdi>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

import { effect, useComputed, useSignal } from "@preact/signals";
import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useEffect } from "preact/hooks";
import type { Conversation } from "../conversation.ts";
import { fitting, isSameName, mentionAt } from "../mentions.ts";
import { words } from "../words.ts";

export type Mentions = ReturnType<typeof useMentions>;

/** Completes names after an @ in the composer. Arrow keys choose, Tab and Enter take, Escape closes. A name that is whole needs no Enter. */
export function useMentions(
  conversation: Conversation,
  me: string,
  input: RefObject<HTMLTextAreaElement | null>,
) {
  const { typing, names, active, choose } = useSuggestions(conversation, me);

  const close = () => {
    typing.value = undefined;
  };

  const look = () => {
    const element = input.current;
    const at = element && mentionAt(element.value, element.selectionStart);
    typing.value = at ? { typed: at.typed, text: element.value } : undefined;
    choose(0);
  };

  const take = (name: string) => {
    const element = input.current;
    if (!element || !complete(element, name)) return;
    conversation.type(element.value);
    close();
    element.focus();
  };

  /** Whether the key was for the list. */
  const pressed = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): boolean => {
    const name = names.value[active.value];
    if (name === undefined || event.shiftKey || event.ctrlKey || event.metaKey) return false;
    if (event.key === "ArrowDown") choose(active.value + 1);
    else if (event.key === "ArrowUp") choose(active.value - 1);
    else if (event.key === "Enter" && isSameName(name, typing.value?.typed ?? "")) {
      // It stands there already, and Enter is for the line.
      close();
      return false;
    } else if (event.key === "Enter" || event.key === "Tab") take(name);
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

/**
 * Writes the name in the place of what is typed after the @, in the field itself: the next key may come before the page is
 * drawn. False where nothing is being typed after an @.
 */
function complete(element: HTMLTextAreaElement, name: string): boolean {
  const at = mentionAt(element.value, element.selectionStart);
  if (!at) return false;
  const before = `${element.value.slice(0, at.start)}@${name} `;
  element.value = before + element.value.slice(element.selectionStart).replace(/^ /, "");
  element.setSelectionRange(before.length, before.length);
  return true;
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

/** The names that fit what is being typed, as people come and go, and the one that is chosen. */
function useSuggestions({ list, draft }: Conversation, me: string) {
  /** What is being typed after an @, and the text that it was found in: in another one it is there no more. */
  const typing = useSignal<{ typed: string; text: string } | undefined>(undefined);
  /** A name, and not its place, which changes as others come. */
  const chosen = useSignal("");
  /** Whoever comes or goes meanwhile is in it, or not any more. */
  const names = useComputed(() => {
    if (typing.value === undefined || typing.value.text !== draft.text.value) return [];
    const others = list.room.value.present.names.filter((name) => name !== me);
    return fitting(others, typing.value.typed);
  });
  const active = useComputed(() => names.value.indexOf(chosen.value));

  const choose = (index: number) => {
    chosen.value = names.value.at(index % names.value.length) ?? "";
  };

  // Where nobody is chosen, or who was is gone.
  useEffect(
    () =>
      effect(() => {
        if (!names.value.includes(chosen.peek())) chosen.value = names.value[0] ?? "";
      }),
    [names, chosen],
  );

  return { typing, names, active, choose };
}

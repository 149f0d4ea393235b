import type { RefObject, TargetedKeyboardEvent, TargetedSubmitEvent } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { bounds } from "../bounds.ts";
import type { Conversation } from "../conversation.ts";
import { grouped, words } from "../words.ts";
import { onTouchScreen } from "./hooks.ts";
import { Name } from "./message.tsx";

/** Where this person writes. */
export function Composer(props: {
  conversation: Conversation;
  name: string;
  input: RefObject<HTMLTextAreaElement | null>;
}) {
  const { conversation, name, input } = props;
  const draft = conversation.draft.value;
  const remark = conversation.remark.value;
  const touch = onTouchScreen();

  useEffect(() => {
    if (!touch) input.current?.focus();
  }, [touch, input]);

  // As tall as its text; the style sheet says how tall that may be.
  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft, input]);

  const say = () => {
    conversation.say();
    input.current?.focus();
  };

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    say();
  };

  const pressed = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter is its key. Safari tells only by the code 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (onTouchScreen()) return;
    event.preventDefault();
    say();
  };

  return (
    <form class="composer" onSubmit={submit}>
      {/* Whose turn it is, in the margin where all names are. */}
      <div class="composer-name" aria-hidden="true">
        <Name name={name} own={false} />
      </div>
      {remark !== "" && (
        <p class="composer-remark" id="composer-remark" role="alert">
          {remark}
        </p>
      )}
      <div class="composer-row">
        <textarea
          ref={input}
          rows={1}
          aria-label={words.composer.label(name)}
          aria-describedby={remark === "" ? "composer-hint" : "composer-remark"}
          aria-invalid={remark !== ""}
          placeholder={words.composer.placeholder}
          enterkeyhint={touch ? "enter" : "send"}
          dir="auto"
          value={draft}
          onInput={(event) => conversation.type(event.currentTarget.value)}
          onKeyDown={pressed}
        />
        <button type="submit" class="primary" aria-disabled={draft.trim() === ""}>
          {words.composer.send}
        </button>
      </div>
      <div class="composer-foot">
        {!touch && <p id="composer-hint">{words.composer.hint}</p>}
        <Room bytes={conversation.draftBytes.value} />
      </div>
    </form>
  );
}

/** Counts when the text nears the limit. */
function Room({ bytes }: { bytes: number }) {
  const left = bounds.textBytesMax - bytes;
  if (bytes < bounds.textBytesNear) return null;
  return (
    <output class={left < 0 ? "composer-count over" : "composer-count"}>
      {left < 0 ? words.composer.over(grouped(-left)) : words.composer.left(grouped(left))}
    </output>
  );
}

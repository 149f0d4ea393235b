import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { isVisible } from "../../src/protocol/visible.ts";
import { bounds } from "../bounds.ts";
import type { Conversation } from "../conversation.ts";
import type { Said } from "../timeline.ts";
import { grouped, words } from "../words.ts";
import { isPhysical, onTouchScreen } from "./hooks.ts";
import { MentionList, type Mentions, useMentions } from "./mention-list.tsx";
import { Name } from "./message.tsx";

/** Where this person writes. */
export function Composer(props: {
  conversation: Conversation;
  name: string;
  input: RefObject<HTMLTextAreaElement | null>;
}) {
  const { conversation, name, input } = props;
  const { draft } = conversation;
  const text = draft.text.value;
  const remark = draft.remark.value;
  const editing = draft.editing.value;
  const touch = onTouchScreen();
  const mentions = useMentions(conversation, name, input);

  useLayoutEffect(() => {
    if (!touch) input.current?.focus();
  }, [touch, input, conversation.list.room.value.name]);
  useHeightOfText(input, text);

  const focusAfter = (act: () => void) => () => {
    act();
    input.current?.focus();
  };
  const say = focusAfter(() => draft.say());
  const stopEditing = focusAfter(() => draft.stopEditing());
  const deleteLine = (line: Said) => {
    stopEditing();
    conversation.deleteLine(line);
  };

  return (
    <form
      class="composer"
      id="composer"
      tabIndex={-1}
      aria-label={words.composer.placeholder}
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {/* Whose turn it is, in the margin where all names are. */}
      <div class="composer-name" aria-hidden="true">
        <Name name={name} own={false} />
      </div>
      {editing !== undefined && (
        <EditingBar onDelete={() => deleteLine(editing.line)} onCancel={stopEditing} />
      )}
      <Remark text={remark} />
      <div class="composer-row">
        <MentionList mentions={mentions} />
        <Field
          name={name}
          input={input}
          conversation={conversation}
          mentions={mentions}
          touch={touch}
          onSay={say}
          onStopEditing={stopEditing}
        />
        <button type="submit" class="primary" aria-disabled={!isVisible(text)}>
          {editing !== undefined ? words.composer.save : words.composer.send}
        </button>
      </div>
      <Foot bytes={draft.bytes.value} touch={touch} />
    </form>
  );
}

/** Keeps the field as tall as its text; the style sheet says how tall that may be. */
function useHeightOfText(input: RefObject<HTMLTextAreaElement | null>, text: string) {
  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text, input]);
}

/** The field itself. Names are completed in it. */
function Field(props: {
  name: string;
  input: RefObject<HTMLTextAreaElement | null>;
  conversation: Conversation;
  mentions: Mentions;
  touch: boolean;
  onSay: () => void;
  onStopEditing: () => void;
}) {
  const { name, input, conversation, mentions, touch, onSay, onStopEditing } = props;
  const { draft } = conversation;
  const remark = draft.remark.value;

  const pressed = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, the keys are its own. Safari tells only by the code 229.
    if (event.isComposing || event.keyCode === 229 || mentions.pressed(event)) return;
    // Asked of the draft, not of what was drawn last: keys may come faster.
    if (event.key === "Escape" && draft.editing.value !== undefined) onStopEditing();
    else if (event.key === "ArrowUp" && draft.isUntouched && conversation.editLast()) event.preventDefault();
    else if (event.key === "Enter" && isSending(event)) {
      event.preventDefault();
      onSay();
    }
  };

  return (
    <textarea
      ref={input}
      rows={1}
      aria-label={words.composer.label(name)}
      aria-describedby={remark === "" ? (touch ? undefined : "composer-hint") : "composer-remark"}
      aria-invalid={remark !== ""}
      {...mentions.attributes}
      placeholder={words.composer.placeholder}
      enterkeyhint={touch ? "enter" : "send"}
      dir="auto"
      // The signal itself: the next key may come before the page is drawn, and goes to what stands here.
      value={draft.text}
      onInput={(event) => {
        conversation.type(event.currentTarget.value);
        mentions.look();
      }}
      onKeyDown={pressed}
      onClick={mentions.look}
      onBlur={mentions.close}
    />
  );
}

/** Shift begins a new line, Ctrl and Cmd send; alone, Enter sends where there is a key for a new line beside it. */
function isSending(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || (!event.shiftKey && isPhysical(event));
}

/** Says that a line is being edited, and how to stop. */
function EditingBar({ onDelete, onCancel }: { onDelete: () => void; onCancel: () => void }) {
  return (
    <p class="composer-editing">
      {words.composer.editing}
      <button type="button" class="quiet bad" onClick={onDelete}>
        {words.chat.delete}
      </button>
      <button type="button" class="quiet" onClick={onCancel}>
        {words.composer.cancel}
      </button>
    </p>
  );
}

/** What is wrong with the text, where something is. */
function Remark({ text }: { text: string }) {
  if (text === "") return null;
  return (
    <p class="composer-remark" id="composer-remark" role="alert">
      {text}
    </p>
  );
}

/** What the keys do, and how much more text fits. */
function Foot({ bytes, touch }: { bytes: number; touch: boolean }) {
  return (
    <div class="composer-foot">
      {!touch && <p id="composer-hint">{words.composer.hint}</p>}
      <RemainingBytes bytes={bytes} />
    </div>
  );
}

/** Counts when the text nears the limit. */
function RemainingBytes({ bytes }: { bytes: number }) {
  const left = bounds.textBytesMax - bytes;
  if (bytes < bounds.textBytesNear) return null;
  return (
    <output class={left < 0 ? "composer-count over" : "composer-count"}>
      {left < 0 ? words.composer.over(grouped(-left)) : words.composer.left(grouped(left))}
    </output>
  );
}

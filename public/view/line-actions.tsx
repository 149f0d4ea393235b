import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useRef } from "preact/hooks";
import { words } from "../words.ts";
import { Icon } from "./icons.tsx";

/**
 * What one can do with a line of one's own: behind a button, so that nothing is taken back by a slip. It is no stop for the
 * Tab key, for there may be hundreds; by keyboard, arrow up in the composer does the same.
 */
export function LineActions(props: { text: string; onEdit: () => void; onDelete: () => void }) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    open.value = false;
  };
  const pressed = (event: TargetedKeyboardEvent<HTMLButtonElement>) => {
    if (event.key !== "Escape" || !open.value) return;
    close();
    button.current?.focus();
  };
  const edit = () => {
    close();
    props.onEdit();
  };
  return (
    <div class="line-actions">
      <button
        type="button"
        class="icon-button"
        ref={button}
        tabIndex={-1}
        aria-expanded={open.value}
        onKeyDown={pressed}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="more" />
        <span class="unseen">
          {words.chat.change}: {props.text.slice(0, 40)}
        </span>
      </button>
      {open.value && (
        <div class="line-choices">
          <button type="button" class="quiet" onKeyDown={pressed} onClick={edit}>
            {words.chat.edit}
          </button>
          <button type="button" class="quiet bad" onKeyDown={pressed} onClick={props.onDelete}>
            {words.chat.delete}
          </button>
        </div>
      )}
    </div>
  );
}

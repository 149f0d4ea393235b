import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { words } from "../words.ts";
import { Icon } from "./icons.tsx";

/** What one can do with a line of one's own: behind a button, so that nothing is taken back by a slip. */
export function LineActions(props: { text: string; onEdit: () => void; onDelete: () => void }) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    open.value = false;
  };
  return (
    <div
      class="line-actions"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open.value) return;
        event.stopPropagation();
        close();
        button.current?.focus();
      }}
    >
      <button
        type="button"
        class="icon-button"
        ref={button}
        aria-expanded={open.value}
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
          <button
            type="button"
            class="quiet"
            onClick={() => {
              close();
              props.onEdit();
            }}
          >
            {words.chat.edit}
          </button>
          <button type="button" class="quiet bad" onClick={props.onDelete}>
            {words.chat.delete}
          </button>
        </div>
      )}
    </div>
  );
}

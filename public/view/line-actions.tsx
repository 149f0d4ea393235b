import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words.ts";
import { Icon } from "./icons.tsx";

/**
 * What one can do with a line of one's own: behind a button, so that nothing is taken back by a slip. It is no stop for the
 * Tab key, for there may be hundreds; by keyboard, arrow up in the composer does the same. Whatever is done elsewhere closes it,
 * so that one is open at a time.
 */
export function LineActions(props: { text: string; onEdit: () => void; onDelete: () => void }) {
  const open = useSignal(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** What had the focus before the button was pressed. */
  const before = useRef<Element | null>(null);
  const isOpen = open.value;
  const close = () => {
    open.value = false;
  };
  const goBack = () => {
    const isThere = before.current?.isConnected === true && before.current !== document.body;
    const back = isThere ? before.current : button.current;
    if (back instanceof HTMLElement) back.focus({ preventScroll: true });
  };

  useDismissal(menu, isOpen, (isByKey) => {
    close();
    if (isByKey) goBack();
  });

  const choose = (act: () => void) => () => {
    close();
    goBack();
    act();
  };
  return (
    <div class="line-actions" ref={menu}>
      <button
        type="button"
        class="icon-button"
        ref={button}
        tabIndex={-1}
        aria-expanded={isOpen}
        onPointerDown={() => {
          if (!open.value) before.current = document.activeElement;
        }}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="more" />
        <span class="unseen">
          {words.chat.change}: {props.text.slice(0, 40)}
        </span>
      </button>
      {isOpen && (
        <div class="line-choices">
          <button type="button" class="quiet" onClick={choose(props.onEdit)}>
            {words.chat.edit}
          </button>
          <button type="button" class="quiet bad" onClick={choose(props.onDelete)}>
            {words.chat.delete}
          </button>
        </div>
      )}
    </div>
  );
}

/** Calls back when something else is pressed or gets the focus, or Escape is pressed, while the menu is open. */
function useDismissal(
  menu: RefObject<HTMLElement | null>,
  isOpen: boolean,
  dismiss: (isByKey: boolean) => void,
): void {
  useLayoutEffect(() => {
    if (!isOpen) return;
    const done = new AbortController();
    const { signal } = done;
    const elsewhere = ({ target }: Event) => {
      if (!(target instanceof Node) || !menu.current?.contains(target)) dismiss(false);
    };
    document.addEventListener("pointerdown", elsewhere, { signal, capture: true });
    document.addEventListener("focusin", elsewhere, { signal });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && dismiss(true), { signal });
    return () => done.abort();
  }, [isOpen]);
}

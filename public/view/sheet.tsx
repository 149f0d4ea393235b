import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words.ts";
import { Icon } from "./icons.tsx";

/** A dialog at an edge of the screen. The focus goes in, and back where it was; Escape and the space beside it close it. */
export function Sheet(props: {
  heading: string;
  side: "start" | "end";
  open: Signal<boolean>;
  children: ComponentChildren;
}) {
  return props.open.value ? <Shown {...props} /> : null;
}

function Shown({ heading, side, open, children }: Parameters<typeof Sheet>[0]) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => {
    open.value = false;
  };

  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      // While it is open nothing else can have the focus.
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  return (
    // The backdrop is part of the dialog; by keyboard, Escape does the same.
    <dialog
      ref={dialog}
      class={`sheet sheet-${side}`}
      aria-label={heading}
      data-heir="sheet-close"
      onClose={close}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="sheet-page">
        <div class="sheet-head">
          <h2>{heading}</h2>
          <button
            type="button"
            id="sheet-close"
            class="icon-button"
            aria-label={words.settings.close}
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Page } from "../page.ts";
import { secondsLeft, span } from "../times.ts";
import { words } from "../words.ts";
import { useTicking } from "./hooks.ts";

/** Asks for another mail beside the code's form, not sooner than the server would send one. */
export function Resend({ page, resendAt, asking }: { page: Page; resendAt: number; asking: boolean }) {
  const left = secondsLeft(resendAt, useTicking(page.now, page.now() < resendAt));
  return (
    <button
      type="button"
      class="quiet entrance-more"
      aria-disabled={asking || left > 0}
      onClick={() => {
        if (!asking && left === 0) page.happened({ kind: "ask-again" });
      }}
    >
      {asking ? words.code.resending : left > 0 ? words.code.resendIn(span(left * 1000)) : words.code.resend}
    </button>
  );
}

/** Asks for another mail where nothing else is left to do. */
export function AskAgain({ page, asking }: { page: Page; asking: boolean }) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => button.current?.focus(), []);
  return (
    <button
      type="button"
      class="primary"
      ref={button}
      aria-disabled={asking}
      onClick={() => page.happened({ kind: "ask-again" })}
    >
      {asking ? words.code.resending : words.code.resend}
    </button>
  );
}

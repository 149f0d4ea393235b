import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { bounds } from "../bounds.ts";
import { cleanCode } from "../fields.ts";
import type { Page } from "../page.ts";
import { words } from "../words.ts";
import { Remark } from "./field.tsx";

/** Takes the code, typed or pasted in any shape, and submits it when it is complete. */
export function CodeForm(props: { page: Page; checking: boolean; problem: string | undefined }) {
  const { page, checking } = props;
  const typed = useSignal("");
  const incomplete = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const problem = incomplete.value ? words.code.incomplete : props.problem;

  useLayoutEffect(() => {
    if (checking) return;
    input.current?.focus();
    input.current?.select();
  }, [checking, props.problem]); // the checking itself is never drawn where the answer comes within a frame

  const enter = (code: string) => {
    incomplete.value = code.length < bounds.codeCharacters;
    if (incomplete.value) input.current?.focus();
    else page.happened({ kind: "submit", code });
  };

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    enter(typed.value);
  };

  return (
    <form class="entrance-form" onSubmit={submit} noValidate>
      <div class="field">
        <label for="code">{words.code.label}</label>
        <input
          id="code"
          class="code-input"
          ref={input}
          type="text"
          inputMode="text"
          autocomplete="one-time-code"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck={false}
          required
          readOnly={checking}
          aria-invalid={problem !== undefined}
          aria-describedby="code-remark"
          value={typed}
          onInput={(event) => {
            const code = cleanCode(event.currentTarget.value);
            typed.value = code;
            // Where cleaning changed nothing but the input's own text, the signal stays as it was.
            event.currentTarget.value = code;
            incomplete.value = false;
            if (code.length === bounds.codeCharacters) enter(code);
          }}
        />
        <Remark id="code-remark" hint={words.code.hint} problem={problem} />
      </div>
      <button type="submit" class="primary" aria-disabled={checking}>
        {checking ? words.code.checking : words.code.submit}
      </button>
    </form>
  );
}

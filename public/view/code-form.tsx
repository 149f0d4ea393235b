import { useSignal } from "@preact/signals";
import type { TargetedClipboardEvent, TargetedSubmitEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { bounds } from "../bounds.ts";
import { cleanCode, findCode } from "../fields.ts";
import type { Page } from "../page.ts";
import { words } from "../words.ts";
import { Remark } from "./field.tsx";

/**
 * Takes the code, typed or pasted in any shape and with whatever is around it, and submits it when it is complete. What has no
 * code in it stays here, for each wrong one costs one of few tries.
 */
export function CodeForm(props: { page: Page; checking: boolean; problem: string | undefined }) {
  const { page, checking } = props;
  const typed = useSignal("");
  const found = useSignal<string | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);
  const problem = found.value ?? props.problem;

  useLayoutEffect(() => {
    if (checking) return;
    input.current?.focus();
    input.current?.select();
  }, [checking, props.problem]); // the checking itself is never drawn where the answer comes within a frame

  /** The input's own text follows, for the signal may be the same as before. */
  const show = (text: string) => {
    typed.value = text;
    if (input.current) input.current.value = text;
  };

  const take = (text: string) => {
    const code = findCode(text);
    const isWhole = cleanCode(text).length >= bounds.codeCharacters;
    found.value = code === undefined && isWhole ? words.code.notFound : undefined;
    // What is no code is shown as it is, for a person to see why.
    show(code ?? (isWhole ? text : cleanCode(text)));
    if (code !== undefined) page.happened({ kind: "submit", code });
  };

  const pasted = (event: TargetedClipboardEvent<HTMLInputElement>) => {
    const text = event.clipboardData?.getData("text") ?? "";
    // The browser would join the lines of a mail, and the code with the words around it.
    if (checking || findCode(text) === undefined) return;
    event.preventDefault();
    take(text);
  };

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    take(typed.value);
    if (cleanCode(typed.value).length < bounds.codeCharacters) found.value = words.code.incomplete;
    if (found.value !== undefined) input.current?.focus();
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
          onPaste={pasted}
          onInput={(event) => take(event.currentTarget.value)}
        />
        <Remark id="code-remark" hint={words.code.hint} problem={problem} />
      </div>
      <button type="submit" class="primary" aria-disabled={checking}>
        {checking ? words.code.checking : words.code.submit}
      </button>
    </form>
  );
}

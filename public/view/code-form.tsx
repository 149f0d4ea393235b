import { useSignal } from "@preact/signals";
import type { RefObject, TargetedClipboardEvent, TargetedSubmitEvent } from "preact";
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
  const input = useRef<HTMLInputElement>(null);
  const { typed, found, take, pasted } = useCode(input, (code) => page.happened({ kind: "submit", code }));
  const problem = found.value ?? props.problem;

  useLayoutEffect(() => {
    if (checking) return;
    input.current?.focus();
    input.current?.select();
  }, [checking, props.problem]); // the checking itself is never drawn where the answer comes within a frame

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
          onPaste={checking ? undefined : pasted}
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

/** What is in the field, and what was found wrong with it. */
function useCode(input: RefObject<HTMLInputElement | null>, onCode: (code: string) => void) {
  const typed = useSignal("");
  const found = useSignal<string | undefined>(undefined);

  const take = (text: string) => {
    const code = findCode(text);
    const isWhole = cleanCode(text).length >= bounds.codeCharacters;
    found.value = code === undefined && isWhole ? words.code.notFound : undefined;
    // What is no code is shown as it is, for a person to see why. The input follows, though the signal may be as it was.
    typed.value = code ?? (isWhole ? text : cleanCode(text));
    if (input.current) input.current.value = typed.value;
    if (code !== undefined) onCode(code);
  };

  const pasted = (event: TargetedClipboardEvent<HTMLInputElement>) => {
    const text = event.clipboardData?.getData("text") ?? "";
    // The browser would join the lines of a mail, and the code with the words around it.
    if (findCode(text) === undefined) return;
    event.preventDefault();
    take(text);
  };

  return { typed, found, take, pasted };
}

import type { RefObject, TargetedInputEvent } from "preact";

interface FieldProps {
  id: string;
  label: string;
  hint: string;
  problem: string | undefined;
  input: RefObject<HTMLInputElement | null>;
  inputMode: "text" | "email";
  autocomplete: "nickname" | "email";
  value: string;
  onChange: (value: string) => void;
}

/** A labelled input with a hint, which gives way to what is wrong. */
export function Field(props: FieldProps) {
  const { id, problem } = props;
  const wrong = problem !== undefined;
  const typed = (event: TargetedInputEvent<HTMLInputElement>) => props.onChange(event.currentTarget.value);
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        ref={props.input}
        type="text"
        inputMode={props.inputMode}
        autocapitalize={props.inputMode === "email" ? "none" : "words"}
        spellcheck={false}
        autocomplete={props.autocomplete}
        required
        value={props.value}
        onInput={typed}
        aria-invalid={wrong}
        aria-describedby={`${id}-remark`}
      />
      <Remark id={`${id}-remark`} hint={props.hint} problem={problem} />
    </div>
  );
}

/** The sentence under a field: a hint, or what is wrong, which is read out. */
export function Remark({ id, hint, problem }: { id: string; hint: string; problem: string | undefined }) {
  return (
    <p id={id} class={problem === undefined ? "field-hint" : "field-problem"} aria-live="assertive">
      {problem ?? hint}
    </p>
  );
}

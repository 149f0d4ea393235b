import { type Signal, useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { cleanMailAddress } from "../../src/protocol/mail-address.ts";
import { checkJoin, type Problem } from "../fields.ts";
import type { Page } from "../page.ts";
import type { Join } from "../session.ts";
import type { EndingState } from "../session-ender.ts";
import { words } from "../words.ts";
import { Entrance } from "./entrance.tsx";
import { Field } from "./field.tsx";
import { onTouchScreen } from "./hooks.ts";

/** Who are you? */
export function JoinView({ page, join }: { page: Page; join: Join }) {
  const name = useSignal(join.name);
  const email = useSignal(join.email);
  const found = useSignal<Problem | undefined>(undefined);
  const nameInput = useRef<HTMLInputElement>(null);
  const emailInput = useRef<HTMLInputElement>(null);
  const problem = found.value ?? join.problem;

  const show = (field: Problem["field"]) => (field === "name" ? nameInput : emailInput).current?.focus();

  useLayoutEffect(() => {
    if (join.problem) show(join.problem.field);
    else if (!onTouchScreen()) show(join.name === "" ? "name" : "email");
  }, [join.problem]);

  const changes = (field: Signal<string>) => (value: string) => {
    field.value = value;
    found.value = undefined;
    page.typed(name.value, email.value);
  };

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const who = { name: name.value.trim(), email: cleanMailAddress(email.value) };
    found.value = checkJoin(who.name, who.email);
    if (found.value) show(found.value.field);
    else page.happened({ kind: "ask", ...who });
  };

  return (
    <Entrance page={page} heading={words.join.heading}>
      <p class="pitch">{words.join.pitch}</p>
      {join.notice && (
        <p class="notice" role="alert">
          {join.notice}
        </p>
      )}
      <EndingNotice page={page} />
      <form class="entrance-form" onSubmit={submit} noValidate>
        <Field
          id="name"
          label={words.join.name}
          hint={words.join.nameHint}
          problem={problem?.field === "name" ? problem.text : undefined}
          input={nameInput}
          inputMode="text"
          autocomplete="nickname"
          value={name.value}
          onChange={changes(name)}
        />
        <Field
          id="email"
          label={words.join.email}
          hint={words.join.emailHint}
          problem={problem?.field === "email" ? problem.text : undefined}
          input={emailInput}
          inputMode="email"
          autocomplete="email"
          value={email.value}
          onChange={changes(email)}
        />
        <button type="submit" class="primary" aria-disabled={join.asking}>
          {join.asking ? words.join.asking : words.join.submit}
        </button>
      </form>
      <FormerCode page={page} join={join} />
    </Entrance>
  );
}

/** The way back to a code that was asked for before, as long as it is good. */
function FormerCode({ page, join: { code } }: { page: Page; join: Join }) {
  if (code === undefined || code.validUntil <= page.now()) return null;
  return (
    <button type="button" class="quiet entrance-more" onClick={() => page.happened({ kind: "have-code" })}>
      {words.join.haveCode(code.email)}
    </button>
  );
}

/** What has become of the session that was logged out of. */
function EndingNotice({ page }: { page: Page }) {
  const state = page.ender.state.value;
  return (
    <p class={state === "none" ? "unseen" : "notice"} role="status">
      {sayings[state]()}
    </p>
  );
}

const sayings: Record<EndingState, () => string> = {
  none: () => "",
  ending: () => words.join.ending,
  ended: () => words.join.ended,
};

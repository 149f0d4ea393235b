import type { ComponentChildren } from "preact";
import type { Page } from "../page.ts";
import type { Code } from "../session.ts";
import { canType } from "../step.ts";
import { isolated, words } from "../words.ts";
import { CodeForm } from "./code-form.tsx";
import { Entrance } from "./entrance.tsx";
import { AskAgain, Resend } from "./resend.tsx";
import { Sentence } from "./sentence.tsx";

/** What does the mail say? */
export function CodeView({ page, code }: { page: Page; code: Code }) {
  switch (code.stage.kind) {
    case "void":
    case "asking":
      if (canType(code)) return <CodeTyping page={page} code={code} />;
      return (
        <Frame page={page} heading={words.code.voidHeading} notice={code.problem}>
          <div class="entrance-form">
            <AskAgain page={page} asking={code.stage.kind === "asking"} />
          </div>
        </Frame>
      );
    case "typing":
    case "checking":
      return <CodeTyping page={page} code={code} />;
  }
}

/** There is a code to be typed, or there will be. */
function CodeTyping({ page, code }: { page: Page; code: Code }) {
  return (
    <Frame page={page} heading={headingOf(code)} notice={code.notice}>
      {!code.notice && (
        <p class="pitch">
          {code.delivery === "terminal" ? (
            words.code.printed
          ) : (
            <>
              {words.code.sentTo}{" "}
              <strong class="address" dir="ltr">
                {code.email}
              </strong>
              .
            </>
          )}{" "}
          {words.code.valid(Math.max(1, Math.ceil((code.validUntil - page.now()) / 60_000)))}
        </p>
      )}
      <div role="status">
        {code.delivery === "late" && !code.notice && <p class="notice">{words.code.late}</p>}
      </div>
      {code.taken && (
        <p class="notice">
          <Sentence text={words.code.taken(isolated(code.name))} />
        </p>
      )}
      <CodeForm page={page} checking={code.stage.kind === "checking"} problem={code.problem} />
      <Resend page={page} resendAt={code.resendAt} asking={code.stage.kind === "asking"} />
    </Frame>
  );
}

function headingOf({ notice, delivery }: Code): string {
  if (notice) return words.code.noMailHeading;
  return delivery === "terminal" ? words.code.terminalHeading : words.code.heading;
}

function Frame(props: {
  page: Page;
  heading: string;
  notice: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <Entrance page={props.page} heading={props.heading}>
      {props.notice && (
        <p class="notice" role="alert">
          {props.notice}
        </p>
      )}
      {props.children}
      <button type="button" class="quiet entrance-more" onClick={() => props.page.happened({ kind: "back" })}>
        {words.code.back}
      </button>
    </Entrance>
  );
}
